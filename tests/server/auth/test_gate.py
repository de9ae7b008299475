"""The gate: who is recognised, for how long, and what those hear whom it does not know."""

import functools
import math
from typing import Any

import pytest
from access_harness import Desk
from shop_harness import Shop

from engine.engine import Actor, Fault, Reader, Refusal
from engine.features import FEATURES
from engine.kernel.messages import Envelope
from server.api.problems import Problem
from server.api.routes import Route
from server.auth import cookies, sessions, tokens
from server.auth.askers import Asker
from server.auth.gate import KNOWN_MAX, SHOWN_BYTES_MAX, TRUST_MS, Gate
from server.auth.limits import NS, Limits
from server.auth.origins import Origins
from server.auth.pepper import PepperError
from server.auth.recognise import UnknownError

KEY = bytes(range(32))
HOME = "192.0.2.1"


class House:
    """A gate before a shop with one enrolled till, a clock that tests move, and a count of looks at the store."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.desk = Desk(shop)
        self.now = shop.clock.wall_ms()
        self.steady = 0
        self.looks = 0
        self.gate = Gate(
            self._reader,
            lambda: KEY,
            origins=Origins(frozenset({b"localhost"})),
            limits=Limits(),
            now_ms=lambda: self.now,
            steady_ns=lambda: self.steady,
        )
        self.token = tokens.till_token(1)
        self.device = self._enrol()
        self.somebody = self.desk.sign_in(self.device, 2)

    def _reader(self) -> Reader:
        self.looks += 1
        return self.shop.engine.reader()

    def _enrol(self) -> Actor:
        self.desk.done("access.invite_till", {"till": 1, "code": "0" * 64})
        body = {"till": 1, "code": "0" * 64, "credential": tokens.digest(self.token).hex()}
        answer = self.desk.done("access.enrol_till", body)
        return Actor(till=1, credential=f"till:1:{answer.records[0].serial}")

    def shift(self, seen_ms: int | None = None) -> dict[bytes, bytes]:
        """What the till sends while the operator stands there."""
        number = int(self.somebody.credential.rpartition(":")[2])
        shift = sessions.Shift(1, 1, 2, number, self.now if seen_ms is None else seen_ms)
        cookie = f"{cookies.SHIFT}={sessions.seal_shift(KEY, shift)}"
        return self.bearer(self.token) | {b"cookie": cookie.encode()}

    def bearer(self, token: str) -> dict[bytes, bytes]:
        """What somebody with a token sends."""
        return {b"authorization": f"Bearer {token}".encode()}

    def session(self, operator: int = 1) -> dict[bytes, bytes]:
        """What the browser of somebody in the back office sends."""
        id = tokens.session_id()
        digest = tokens.digest(id)
        self.desk.done("access.try_log_in", {"operator": operator})
        body = {"operator": operator, "session": digest.hex(), "way": "password", "code_step": self.desk.step()}
        self.desk.done("access.log_in", body)
        seen = sessions.seal_seen(KEY, digest, self.now)
        return {b"cookie": f"{cookies.SESSION}={id}; {cookies.SEEN}={seen}".encode(), b"host": b"localhost"}

    def key(self, **changes: Any) -> str:
        """A new API key's token."""
        token = tokens.api_token()
        parts = tokens.parse(token)
        assert isinstance(parts, tokens.KeyToken)
        self.desk.key(key_id=parts.key_id, secret={"hash": parts.digest.hex(), "key": token}, **changes)
        return token

    def ask(self, headers: dict[bytes, bytes], address: str = HOME) -> Asker:
        """Who that is."""
        return self.gate.authenticate(headers, address)

    def refused(self, headers: dict[bytes, bytes], address: str = HOME, route: Route | None = None) -> Problem:
        """Why it is nobody."""
        ask = self.gate.authenticate if route is None else functools.partial(self.gate.enter, route)
        with pytest.raises(Problem) as problem:
            ask(headers, address)
        return problem.value


@pytest.fixture
def house(shop: Shop) -> House:
    """The shop of the ceremonies, with its gate."""
    return House(shop)


def route(policy: str, method: str = "POST", **changes: Any) -> Route:
    """A route with this policy."""
    return Route(method=method, path="/x", does="command", name="x", policy=policy, rate=changes.get("rate", "write"))


def test_a_till_is_its_device_and_with_its_shift_somebody(house: House) -> None:
    alone, there = house.ask(house.bearer(house.token)), house.ask(house.shift())

    assert (house.device, house.somebody) == (alone.actor, there.actor)
    assert b'"credential":"till:1:1:1"' in there.encoded


def test_who_was_just_recognised_costs_no_look_and_after_a_moment_one(house: House) -> None:
    headers = house.shift()
    first = house.ask(headers)
    before = house.looks

    house.now += TRUST_MS - 1
    again = house.ask(headers)
    within = house.looks - before
    house.now += 1
    later = house.ask(headers)

    assert again is first
    assert (0, 1) == (within, house.looks - before)
    assert first.actor == later.actor


def test_what_was_revoked_is_refused_at_once_though_the_gate_still_knows_it(house: House) -> None:
    headers = house.shift()
    known = house.ask(headers)

    house.desk.done("access.revoke_till", {"till": 1})

    assert known is house.ask(headers)
    command = FEATURES.decode_command("staff.sign_out", {"operator": 2})
    (answer,) = house.shop.engine.submit([Envelope(id=bytes(16), actor=known.actor, command=command)])
    assert "access.revoked" == answer.code
    with pytest.raises(Refusal, match=r"access\.revoked"):
        house.shop.engine.reader().ask_as(FEATURES.decode_query("catalogue.items", {}), known.actor)
    with pytest.raises(Refusal, match=r"access\.revoked"):
        house.shop.engine.reader().held({"sales.read"}, known.actor)
    house.now += TRUST_MS
    assert "auth.unknown" == house.refused(headers).code


def test_rest_is_judged_for_every_request_to_the_millisecond(house: House) -> None:
    headers = house.shift(house.now - 119_999)

    there = house.ask(headers)
    house.now += 1

    assert house.somebody == there.actor
    refused = house.refused(headers)
    assert ("auth.idle", 401, ((b"www-authenticate", b"Bearer"),)) == (refused.code, refused.status, refused.headers)
    assert 0 == house.gate.left_s(there)


def test_a_shop_that_lets_nobody_rest_so_long_has_its_pin_asked_for_earlier(house: House) -> None:
    headers = house.shift(house.now - 59_999)

    default = house.ask(house.shift(house.now - 60_000)).actor
    house.shop.configure("settings", 1, {"name": "Chez Léa", "till_idle_s": 60})
    there = house.ask(headers)
    house.now += 1

    assert house.somebody == default == there.actor
    assert "auth.idle" == house.refused(headers).code
    for idle_s in (59, 121):
        with pytest.raises(Refusal, match="till_idle_s"):
            FEATURES.decode_command("settings.put", {"id": 1, "row": {"name": "Chez Léa", "till_idle_s": idle_s}})


def test_a_cookie_is_renewed_after_fifteen_seconds_and_once_in_a_moment(house: House) -> None:
    headers = house.shift()
    fresh = house.ask(headers)
    left_s = house.gate.left_s(fresh), house.gate.left_s(house.ask(house.bearer(house.token)))
    house.now += sessions.RENEW_MS
    renewed, again = house.ask(headers), house.ask(headers)
    house.now += TRUST_MS
    later = house.ask(headers)

    assert (120, math.inf) == left_s
    assert ((), 1, (), 1) == (fresh.cookies, len(renewed.cookies), again.cookies, len(later.cookies))
    name, value = renewed.cookies[0]
    assert (b"set-cookie", True) == (name, value.startswith(b"__Host-shift="))
    house.now += sessions.AT_TILL.idle_ms - 2 * TRUST_MS
    taken = house.bearer(house.token) | {b"cookie": value.partition(b";")[0]}
    assert house.somebody == house.ask(taken).actor


def test_a_clock_that_was_set_back_makes_the_gate_look_again(house: House) -> None:
    headers = house.bearer(house.token)
    house.ask(headers)
    before = house.looks

    house.now -= 10_000
    house.ask(headers)

    assert 1 == house.looks - before


def test_a_key_that_is_known_from_one_address_is_not_from_another(house: House) -> None:
    headers = house.bearer(house.key(addresses=["192.0.2.0/24"]))

    known = house.ask(headers)

    assert ("key:1", 0) == (known.actor.credential[:5], known.actor.operator)
    assert "auth.unknown" == house.refused(headers, "203.0.113.9").code
    assert known.actor == house.ask(headers, "192.0.2.2").actor


def test_whoever_shows_nothing_is_nobody(house: House) -> None:
    for headers in ({}, {b"cookie": b""}, {b"cookie": b"theme=dark"}, {b"cookie": house.shift()[b"cookie"]}):
        assert house.ask(headers).is_nobody

    assert "auth.missing" == house.refused({b"authorization": b"Basic YTpi"}).code
    assert "auth.unknown" == house.refused({b"authorization": b"Bearer"}).code
    assert "auth.unknown" == house.refused({b"authorization": b"Bearer \xff\xfe"}).code
    assert "auth.unknown" == house.refused(house.bearer(tokens.till_token(1))).code


def test_a_route_with_a_right_wants_a_credential_and_one_for_guests_takes_anybody(house: House) -> None:
    guests = route("access.log_in")
    stale = {b"cookie": f"{cookies.SESSION}={tokens.session_id()}".encode()}

    refused = house.refused({}, route=route("sales.read", "GET"))

    assert ("auth.missing", 401, ((b"www-authenticate", b"Bearer"),)) == (refused.code, refused.status, refused.headers)
    for headers in ({}, stale, house.bearer("wrong")):
        assert house.gate.enter(guests, headers, HOME).is_nobody
    assert house.device == house.gate.enter(guests, house.bearer(house.token), HOME).actor


def test_where_the_shift_has_rested_the_device_can_still_let_somebody_sign_in(house: House) -> None:
    headers = house.shift(house.now - 120_000)

    assert "auth.idle" == house.refused(headers, route=route("sales.post")).code
    assert house.device == house.gate.enter(route("staff.sign_in"), headers, HOME).actor
    assert house.somebody == house.gate.enter(route("staff.sign_in"), house.shift(), HOME).actor


def test_a_session_changes_something_only_from_a_page_of_ours(house: House) -> None:
    headers = house.session()
    own = {b"origin": b"http://localhost", b"x-till": b"1"}

    read = house.gate.enter(route("sales.read", "GET"), headers, HOME)
    written = house.gate.enter(route("shop.write"), headers | own, HOME)

    assert (True, 1) == (read.in_session, written.actor.operator)
    for method in ("POST", "PUT", "DELETE"):
        assert "auth.origin" == house.refused(headers, route=route("shop.write", method)).code
    assert (
        "auth.cross_site"
        == house.refused(headers | own | {b"sec-fetch-site": b"cross-site"}, route=route("shop.write")).code
    )
    assert not house.gate.enter(route("sales.post"), house.shift(), HOME).in_session


def test_a_bearer_counts_more_than_the_cookies_beside_it(house: House) -> None:
    headers = house.session() | house.bearer(house.token)

    assert house.device == house.ask(headers).actor


def test_those_whom_nobody_knows_are_counted_exactly_and_the_others_never(house: House) -> None:
    read = route("sales.read", "GET")
    house.ask(house.shift())
    codes = [house.refused({}, route=read).code for _ in range(20)]
    codes += [house.refused(house.bearer("wrong")).code for _ in range(10)]

    last = house.refused({}, route=read)

    assert ["auth.missing"] * 20 + ["auth.unknown"] * 10 == codes
    assert ("auth.too_many", 429, ((b"retry-after", b"1"),)) == (last.code, last.status, last.headers)
    assert "auth.too_many" == house.refused(house.bearer("wrong")).code
    assert "auth.missing" == house.refused({}, "192.0.2.2", route=read).code
    assert house.somebody == house.ask(house.shift()).actor
    house.steady += NS
    assert ["auth.missing", "auth.too_many"] == [house.refused({}, route=read).code for _ in range(2)]


@pytest.mark.parametrize("shown", ["till", "key", "session"])
def test_a_flood_of_inventions_costs_no_look_beyond_its_limit_and_shuts_out_nobody_who_is_known(
    house: House, shown: str
) -> None:
    def invented() -> dict[bytes, bytes]:
        if shown == "session":
            return {b"cookie": f"{cookies.SESSION}={tokens.session_id()}".encode()}
        return house.bearer(tokens.till_token(1) if shown == "till" else tokens.api_token())

    key = house.bearer(house.key())
    known = [house.ask(headers).actor for headers in (house.shift(), key)]
    house.now += TRUST_MS
    before = house.looks

    codes = [house.refused(invented()).code for _ in range(50)]
    guest = house.refused(invented(), route=route("access.log_in")).code
    looked = house.looks - before

    assert (["auth.unknown"] * 30 + ["auth.too_many"] * 20, "auth.too_many", 30) == (codes, guest, looked)
    assert known == [house.ask(headers).actor for headers in (house.shift(), key)]
    assert "auth.unknown" == house.refused(invented(), "192.0.2.2").code


def test_what_was_known_and_is_revoked_is_counted_like_any_invention(house: House) -> None:
    headers = house.bearer(house.token)
    house.ask(headers)
    house.desk.done("access.revoke_till", {"till": 1})
    house.now += TRUST_MS
    before = house.looks

    codes = [house.refused(headers).code for _ in range(40)]

    assert (["auth.unknown"] * 30 + ["auth.too_many"] * 10, 30) == (codes, house.looks - before)


def test_a_key_in_a_form_is_counted_before_the_look_and_given_back_where_it_is_right(house: House) -> None:
    key, unmet = house.key(), house.key(id=2, label="Autre")
    before = house.looks

    def code_of(token: str) -> str:
        try:
            return house.gate.api_key(token, HOME).credential[:4]
        except (Problem, UnknownError) as error:
            return error.code

    right = [code_of(key) for _ in range(100)]
    wrong = [code_of(token) for token in (house.token, "x", *(tokens.api_token() for _ in range(40)))]
    looks = house.looks - before

    assert ["key:"] * 100 == right
    assert ["auth.unknown"] * 30 + ["auth.too_many"] * 12 == wrong
    assert 100 + 30 == looks
    assert ("key:", "auth.too_many") == (code_of(key), code_of(unmet))
    assert "key:" == house.gate.api_key(unmet, "192.0.2.2").credential[:4]


def test_signing_in_has_a_smaller_limit_for_those_whom_nobody_knows(house: House) -> None:
    sign_in = route("access.log_in", rate="sign-in")
    for _ in range(10):
        house.gate.enter(sign_in, {}, HOME)

    refused = house.refused({}, route=sign_in)

    assert ("auth.too_many", ((b"retry-after", b"6"),)) == (refused.code, refused.headers)
    assert house.device == house.gate.enter(sign_in, house.bearer(house.token), HOME).actor


def test_whoever_searches_for_people_has_so_many_a_minute(house: House) -> None:
    search = route("sales.read", "GET", rate="search")
    for _ in range(120):
        house.gate.enter(search, house.shift(), HOME)

    assert "auth.too_many" == house.refused(house.shift(), route=search).code
    assert house.somebody == house.ask(house.shift()).actor


def test_a_store_or_a_pepper_that_cannot_be_read_lets_nobody_in_and_says_when_to_ask_again(house: House) -> None:
    def lost() -> Reader:
        raise Fault("store.read", "gone", retry=True)

    def spilt() -> bytes:
        raise PepperError("gone")

    origins, limits = Origins(frozenset()), Limits()
    without = [
        Gate(lost, lambda: KEY, origins=origins, limits=limits),
        Gate(house.shop.engine.reader, spilt, origins=origins, limits=limits),
    ]
    heard = []
    for house.gate in without:
        refused = house.refused(house.shift())
        heard.append((refused.code, refused.status, refused.all_headers()))

    again = ((b"retry-after", b"1"),)
    assert [("api.engine_away", 503, again), ("auth.no_pepper", 503, again)] == heard


def test_the_table_of_the_known_is_bounded(house: House) -> None:
    shift = house.shift()[b"cookie"]

    for number in range(KNOWN_MAX + 10):
        house.ask(house.bearer(house.token) | {b"cookie": shift + b"; n=%d" % number})
    long = house.bearer(house.token) | {b"cookie": shift + b"; n=" + b"x" * SHOWN_BYTES_MAX}
    before = house.looks
    house.ask(long)
    house.ask(long)

    assert len(house.gate._known) <= KNOWN_MAX
    assert 2 == house.looks - before


def test_an_approval_is_good_for_one_command_at_one_till_for_a_minute(house: House) -> None:
    command, other = bytes(16), b"\1" * 16
    who = house.ask(house.shift())
    value = house.gate.approval(who.actor, 1, command).encode()
    elsewhere = Asker(Actor(till=2, operator=2, credential="till:2:1:1"), b"")
    enrolled_again = Asker(Actor(till=1, operator=2, credential="till:1:2:1"), b"")

    def code_of(headers: dict[bytes, bytes], asker: Asker, id: bytes) -> str:
        with pytest.raises(Problem) as problem:
            house.gate.override(headers, asker, id)
        assert 403 == problem.value.status
        return problem.value.code

    assert (1, 0) == (
        house.gate.override({b"x-override": value}, who, command),
        house.gate.override({}, who, command),
    )
    refused = [
        code_of({b"x-override": value}, who, other),
        code_of({b"x-override": value}, elsewhere, command),
        code_of({b"x-override": value}, enrolled_again, command),
        code_of({b"x-override": b"1"}, who, command),
        code_of({b"x-override": value[:-1] + b"_"}, who, command),
    ]
    house.now += sessions.APPROVAL_MS
    refused.append(code_of({b"x-override": value}, who, command))
    assert ["auth.approval"] * 6 == refused


def test_a_pin_that_was_only_tried_lends_nothing_without_an_approval(house: House) -> None:
    house.desk.done("staff.try_pin", {"operator": 1}, house.device)
    who = house.ask(house.shift())

    with pytest.raises(Problem, match=r"auth\.approval"):
        house.gate.override({b"x-override": b"1"}, who, bytes(16))
