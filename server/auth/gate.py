"""The gate: every request's sender from its headers and address, within the limits of those whom nobody knows.

What was recognised is kept for a moment (`TRUST_MS`), under the very bytes that were shown:

- a command is looked at again in any case: the engine asks in its transaction whether the credential is live and what
  it may do, so that what was revoked is refused in the very next command, whatever a worker still believes;
- a query is asked as the actor with his credential, and the snapshot that answers it is asked first whether it is live;
- how long somebody may rest is judged for every request: an entry ends with the rest, or with the next renewal.

So the moment decides only over what the worker alone knows: that a token's SHA-256 belongs to the credential, and the
networks of an API key. For as long, an API key may be used with the secret or from the network that it had before.

Whatever is shown and not known counts against its address, and an address that has used its share up is refused before
the store is looked at. What was recognised here once goes on to be looked at: a device that floods the shop's address
with inventions shuts out neither the tills nor the sessions that work behind the same one.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from engine.engine import Actor, Fault, Reader
from engine.features import DEVICE, PUBLIC, KeyView, till_idle_s
from server.api.exchange import CHALLENGE
from server.api.problems import Problem
from server.api.routes import PUBLIC as PUBLIC_PAGE
from server.api.routes import Route
from server.auth import cookies, recognise, sessions
from server.auth.askers import Asker, asker
from server.auth.limits import Buckets, Limits, network_of
from server.auth.origins import SAFE_METHODS, Origins
from server.auth.pepper import PepperError
from server.auth.recognise import NOBODY, Known, UnknownError
from server.auth.sessions import Approval

TRUST_MS = 1_000
KNOWN_MAX = 4096
SHOWN_BYTES_MAX = 1024  # longer headers are recognised afresh each time, so that the table has a size
COOKIE_KEY = "cookies"

Headers = Mapping[bytes, bytes]
_log = logging.getLogger("guichet.auth")
_NOBODY = asker(NOBODY)
_NEVER = 1 << 62


class _Kept(NamedTuple):
    """An asker as found for the bytes that he showed, and from when to when (ms since 1970) that holds; an API key's
    from its address only."""

    asker: Asker
    from_ms: int
    until_ms: int
    address: str | None


def now_ms() -> int:
    """The machine's time, as the stamps in cookies have it."""
    return time.time_ns() // 1_000_000


class Gate:
    """Recognises senders; whom it does not recognise gets a `Problem` (``auth.*``) raised.

    ``reader`` and ``key`` are asked for when they are first needed: the shop's reader, and the key under which cookies
    are sealed (`Pepper.key` for `COOKIE_KEY`).
    """

    def __init__(
        self,
        reader: Callable[[], Reader],
        key: Callable[[], bytes],
        *,
        origins: Origins,
        limits: Limits,
        now_ms: Callable[[], int] = now_ms,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._reader = reader
        self._make_key = key
        self._key: bytes | None = None
        self._origins = origins
        self._limits = limits
        self._now_ms = now_ms
        self._steady_ns = steady_ns
        self._known: dict[tuple[bytes | None, bytes | None], _Kept] = {}
        self._met: dict[bytes, None] = {}

    def key(self) -> bytes:
        """The key under which cookies and approvals are sealed; raises `Problem` where the pepper cannot be read."""
        if self._key is None:
            try:
                self._key = self._make_key()
            except PepperError as error:
                _log.error("nobody can be recognised: %s", error)
                raise Problem("auth.no_pepper") from error
        return self._key

    def authenticate(self, headers: Headers, address: str) -> Asker:
        """The sender of a request, from its headers (lower-case names; of a repeated one the last) and its address.

        `recognise.NOBODY`'s asker where nothing is shown; ``auth.unknown``, ``auth.idle`` or ``auth.over`` where what
        is shown is not known, or not any more.
        """
        shown = headers.get(b"authorization"), headers.get(b"cookie")
        kept = self._known.get(shown)
        if kept is not None:
            now = self._now_ms()
            if kept.from_ms <= now < kept.until_ms and (kept.address is None or kept.address == address):
                return kept.asker
        try:
            return self._recognise(shown, address)
        except UnknownError as error:
            self._count(self._limits.guests, network_of(address))
            raise Problem(error.code, error.text, headers=CHALLENGE) from error

    def enter(self, route: Route, headers: Headers, address: str) -> Asker:
        """The sender of a request for a route, where all rules before rights are kept.

        Routes for guests take whoever shows nothing or something that does not count any more; routes of a device take
        its shift as over where it rested too long; what a cookie alone speaks for has to come from a page of ours.
        """
        found = self._at(route, headers, address)
        if found.is_nobody:
            self.count_guest(address, sign_in=route.rate == "sign-in")
            if not is_for_guests(route):
                raise Problem("auth.missing", headers=CHALLENGE)
        elif found.in_session and route.method not in SAFE_METHODS:
            self._origins.require_own_page(headers)
        if route.rate == "search":
            actor = found.actor
            self._count(self._limits.searches, str(actor.operator) if actor.operator else actor.credential)
        return found

    def _at(self, route: Route, headers: Headers, address: str) -> Asker:
        if not is_for_guests(route) and route.policy not in DEVICE:
            return self.authenticate(headers, address)
        shown = headers.get(b"authorization"), headers.get(b"cookie")
        try:
            return self._recognise(shown, address)
        except UnknownError as error:
            if is_for_guests(route):
                return _NOBODY
            if error.code == "auth.idle" and shown[0] is not None:
                return self.authenticate({b"authorization": shown[0]}, address)
            return self.authenticate(headers, address)

    def count_guest(self, address: str, *, sign_in: bool = False) -> None:
        """Counts a request of somebody unknown, and his try to sign in; raises `Problem` ``auth.too_many``."""
        network = network_of(address)
        self._count(self._limits.guests, network)
        if sign_in:
            self._count(self._limits.sign_ins, network)

    def _count(self, buckets: Buckets, key: str) -> None:
        self._require_left(buckets.take(key, self._steady_ns()))

    def _require_left(self, wait_ns: int) -> None:
        if wait_ns:
            raise Problem("auth.too_many", headers=((b"retry-after", b"%d" % -(-wait_ns // 1_000_000_000)),))

    def left_s(self, who: Asker) -> float:
        """How long what an asker showed still counts, in seconds: following the changes is no activity."""
        return max(0, who.rests_ms - self._now_ms()) / 1000 if who.rests_ms else math.inf

    # --- approvals ---------------------------------------------------------------------------------------------------

    def approval(self, actor: Actor, by: int, command: bytes) -> str:
        """What ``X-Override`` has to say for this one command (its id), after the PIN of ``by`` was found right at the
        till where ``actor`` stands."""
        till, serial = _device_of(actor)
        return sessions.seal_approval(self.key(), Approval(till, serial, by, command, self._now_ms()))

    def override(self, headers: Headers, who: Asker, command: bytes) -> int:
        """The operator who lends his rights to this command (0: nobody); raises `Problem` ``auth.approval``."""
        value = headers.get(b"x-override")
        return 0 if value is None else self.approved(value.decode("latin-1"), who, command, "X-Override")

    def approved(self, value: str, who: Asker, command: bytes, at: str) -> int:
        """The operator of an approval that was made for this command at this asker's till."""
        found = sessions.read_approval(self.key(), value, self._now_ms())
        if found is None or found.command != command or (found.till, found.serial) != _device_of(who.actor):
            raise Problem("auth.approval", at=at)
        return found.by

    # --- looking up --------------------------------------------------------------------------------------------------

    def _recognise(self, shown: tuple[bytes | None, bytes | None], address: str) -> Asker:
        """Who showed this (authorization, cookie), by the last commit; kept for a moment."""
        name = _name_of(shown)
        if name is not None and name not in self._met:
            self._require_left(self._limits.guests.wait_ns(network_of(address), self._steady_ns()))
        try:
            found = self._look(shown, address)
        except Fault as fault:
            raise Problem("api.engine_away", f"the shop cannot be read: {fault.code}") from fault
        except UnknownError as error:
            if name is not None and error.code == "auth.unknown":
                self._met.pop(name, None)
            raise
        if name is not None:
            self._meet(name)
        return found

    def _meet(self, name: bytes) -> None:
        """Remembers what was recognised, so that its next look is not refused for its address."""
        if len(self._met) >= KNOWN_MAX and name not in self._met:
            self._met.clear()
        self._met[name] = None

    def api_key(self, token: str, address: str) -> KeyView:
        """The live API key of a token that travels in a form, from any thread; raises `UnknownError`, and `Problem`
        ``auth.too_many``.

        It is counted for its address before the store is looked at, and given back where it is right.
        """
        name, network = hashlib.sha256(token.encode()).digest(), network_of(address)
        counted = name not in self._met
        if counted:
            self._count(self._limits.guests, network)
        try:
            found = recognise.key(self._reader(), token, address)
        except UnknownError:
            if self._met.pop(name, name) is None:
                self._count(self._limits.guests, network)
            raise
        if counted:
            self._limits.guests.give_back(network)
            self._meet(name)
        return found

    def _look(self, shown: tuple[bytes | None, bytes | None], address: str) -> Asker:
        authorization, cookie = shown
        now, bound = self._now_ms(), None
        if authorization is not None:
            known, bound = self._bearer(authorization, cookie, address, now)
            name = cookies.SHIFT
        else:
            jar = cookies.read_cookies(cookie)
            if cookies.SESSION not in jar:
                return _NOBODY
            seen = jar.get(cookies.SEEN)
            known = recognise.in_back_office(self._reader(), self.key(), jar[cookies.SESSION], seen, now)
            name = cookies.SEEN
        plain = asker(known.actor, rests_ms=known.rests_ms)
        self._keep(shown, plain, known, now, bound)
        if known.renewed is None:
            return plain
        return Asker(plain.actor, plain.encoded, (cookies.set_cookie(name, known.renewed),), plain.rests_ms)

    def _bearer(self, authorization: bytes, cookie: bytes | None, address: str, now: int) -> tuple[Known, str | None]:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            raise UnknownError("auth.missing", "credentials are shown as Authorization: Bearer ...")
        reader = self._reader()
        device = recognise.bearer(reader, token.strip().decode("latin-1"), address)
        if device.credential.startswith("key:"):
            return Known(device), address
        shift = cookies.read_cookies(cookie).get(cookies.SHIFT)
        if shift is None:
            return Known(device), None
        limits = sessions.at_till(reader.look(till_idle_s))
        return recognise.at_till(device, self.key(), shift, now, limits), None

    def _keep(
        self, shown: tuple[bytes | None, bytes | None], found: Asker, known: Known, now: int, bound: str | None
    ) -> None:
        if len(shown[0] or b"") + len(shown[1] or b"") > SHOWN_BYTES_MAX:
            return
        # Whoever goes on with the old cookie is given a new one once in a moment, not with every answer.
        renew = known.renew_ms if known.renewed is None and known.renew_ms else _NEVER
        until = min(now + TRUST_MS, renew, known.rests_ms or _NEVER)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[shown] = _Kept(found, now, until, bound)


def _name_of(shown: tuple[bytes | None, bytes | None]) -> bytes | None:
    """A digest of what stands for a sender as long as his credential lives: his token, or his session's id."""
    authorization, cookie = shown
    if authorization is not None:
        return hashlib.sha256(authorization).digest()
    session = cookies.read_cookies(cookie).get(cookies.SESSION)
    return None if session is None else hashlib.sha256(session.encode()).digest()


def is_for_guests(route: Route) -> bool:
    """Whether a route takes people without a credential: those who sign in, and those who enrol a till."""
    return route.policy == PUBLIC_PAGE or route.policy in PUBLIC


def _device_of(actor: Actor) -> tuple[int, int]:
    """(till, serial of its credential); (0, 0) for whoever is no till's device."""
    parts = actor.credential.split(":")
    return (int(parts[1]), int(parts[2])) if parts[0] == "till" else (0, 0)
