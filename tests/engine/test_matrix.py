"""Every command and query against everybody who could ask: who gets through, and what the others hear.

The table below is written by hand, apart from ``kernel/permissions.py``; a command or query without a row fails.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from access_harness import Desk, nobody
from shop_harness import Shop

from engine.access.kinds import SCOPES
from engine.engine import Engine
from engine.features import FEATURES
from engine.kernel.disk import SMALL
from engine.kernel.errors import Refusal
from engine.kernel.joined import Joined
from engine.kernel.messages import Actor, Envelope
from engine.kernel.world import World

REACHED = "test.reached"
ROLES = {1: "admin", 2: "manager", 3: "employee", 4: "accountant", 5: "preparer", 6: "courier"}

STAFF = "admin manager employee"
READERS = "admin manager employee accountant"
ALL = "admin manager employee accountant preparer courier"

RIGHTS = {
    "access.keys": "admin",
    "access.read": "admin",
    "access.sessions": "admin",
    "access.tills": "admin manager",
    "cash.close": "admin manager",
    "cash.open": STAFF,
    "cash.read": READERS,
    "catalogue.read": ALL,
    "catalogue.write": "admin",
    "customers.read": READERS,
    "customers.write": "admin manager",
    "delivery.read": ALL,
    "delivery.write": "admin",
    "discounts.apply": STAFF,
    "discounts.read": READERS,
    "discounts.write": "admin",
    "fiscal.verify": "admin manager",
    "integrations.read": "admin",
    "integrations.write": "admin",
    "kernel.clock": "admin manager",
    "payments.read": READERS,
    "payments.write": "admin",
    "printing.read": READERS,
    "printing.report": "",
    "sales.copy": STAFF,
    "sales.pay": STAFF,
    "sales.post": STAFF,
    "sales.read": ALL,
    "sales.refund": "admin manager",
    "shop.read": READERS,
    "shop.write": "admin",
    "staff.read": STAFF,
    "staff.secrets": "admin manager",
    "staff.unlock": "admin manager",
    "staff.write": "admin",
}
"""Right -> the roles that hold it."""

OF_DEVICES = {"staff.sign_in"}
OF_NOBODY = {"access.enrol", "access.log_in"}
OF_SESSIONS = {"access.own", "access.passkeys", "access.secrets"}
PROVEN_LATELY = {
    "access.keys",
    "access.passkeys",
    "access.secrets",
    "access.sessions",
    "staff.secrets",
    "staff.write",
}
NOT_FROM_WORKERS = {
    "fiscal.report_check",
    "integrations.report_delivered",
    "integrations.report_failed",
    "printing.report_started",
    "printing.report_printed",
    "printing.report_failed",
}
SENT_BY_WORKERS = {
    "access.add_passkey",
    "access.change_secret",
    "access.enrol_till",
    "access.invite_till",
    "access.log_in",
    "access.make_key",
    "access.step_up",
    "access.try_log_in",
    "staff.change_pin",
    "staff.lend",
    "staff.report_wrong_pin",
    "staff.set_secret",
    "staff.sign_in",
    "staff.try_pin",
}
"""What no client may ask for: steps of a ceremony, behind a check that the worker makes."""

NEEDS = {
    "access.enrol": "access.enrol_till",
    "access.keys": "access.make_key api-keys.put api-keys.remove",
    "access.log_in": "access.log_in access.try_log_in",
    "access.own": "access.log_out access.step_up",
    "access.passkeys": "access.add_passkey",
    "access.secrets": "access.change_secret",
    "access.read": "api-keys.get api-keys.list passkeys.get passkeys.list",
    "access.sessions": "access.end_sessions",
    "access.tills": "access.invite_till access.revoke_till access.tills",
    "cash.close": "cash.close",
    "cash.open": "cash.open",
    "cash.read": "cash.session cash.x",
    "catalogue.read": "catalogue.items catalogue.by_barcode vat-rates.get vat-rates.list department-groups.get "
    "department-groups.list departments.get departments.list option-sets.get option-sets.list products.get "
    "products.list prices.get prices.list catalogue.legal_rates",
    "catalogue.write": "vat-rates.put vat-rates.remove department-groups.put department-groups.remove departments.put "
    "departments.remove option-sets.put option-sets.remove products.put products.remove prices.put "
    "prices.remove",
    "customers.read": "customer-groups.get customer-groups.list customers.get customers.list",
    "customers.write": "customer-groups.put customer-groups.remove customers.put customers.remove",
    "delivery.read": "tables.get tables.list zones.get zones.list",
    "delivery.write": "tables.put tables.remove zones.put zones.remove",
    "discounts.apply": "discounts.reserve_coupon discounts.release_coupon",
    "discounts.read": "discounts.get discounts.list line-rules.get line-rules.list offers.get offers.list menus.get "
    "menus.list packs.get packs.list automatic-rules.get automatic-rules.list coupons.get coupons.list "
    "discounts.lint discounts.coupon",
    "discounts.write": "discounts.put discounts.remove line-rules.put line-rules.remove offers.put offers.remove "
    "menus.put menus.remove packs.put packs.remove automatic-rules.put automatic-rules.remove coupons.put "
    "coupons.remove",
    "fiscal.verify": "fiscal.report_check fiscal.checks",
    "integrations.read": "webhooks.get webhooks.list integrations.hooks integrations.jobs integrations.status",
    "integrations.write": "webhooks.put webhooks.remove integrations.report_delivered integrations.report_failed "
    "integrations.rotate_secret integrations.replay",
    "kernel.clock": "kernel.confirm_clock",
    "payments.read": "payment-modes.get payment-modes.list",
    "payments.write": "payment-modes.put payment-modes.remove",
    "printing.read": "printers.get printers.list logos.get logos.list printing.jobs printing.print",
    "printing.report": "printing.report_started printing.report_printed printing.report_failed",
    "sales.copy": "sales.copy",
    "sales.pay": "sales.pay",
    "sales.post": "sales.post sales.price",
    "sales.read": "printing.receipt sales.ticket sales.tickets",
    "sales.refund": "sales.refund",
    "shop.read": "settings.get settings.list tills.get tills.list shop.status",
    "shop.write": "settings.put settings.remove tills.put tills.remove printers.put printers.remove "
    "logos.put logos.remove",
    "staff.read": "operators.get operators.list",
    "staff.secrets": "staff.set_secret",
    "staff.sign_in": "staff.try_pin staff.sign_in staff.lend staff.report_wrong_pin staff.change_pin "
    "staff.sign_out staff.choose",
    "staff.unlock": "staff.unlock",
    "staff.write": "operators.put operators.remove passkeys.put passkeys.remove",
}
"""Right -> every command and query that needs it."""

WANTED = {name: right for right, names in NEEDS.items() for name in names.split()}


def reached(*_: Any) -> Any:
    """Stands for every decision and answer: whoever gets here was let in."""
    raise Refusal(REACHED, "let in")


def reached_features() -> Joined:
    """THE TABLE, with nothing behind it."""
    joined = Joined(FEATURES.capabilities, FEATURES.hooks)
    for name, row in joined.commands.items():
        joined.by_type[row.type] = joined.commands[name] = dataclasses.replace(row, decide=reached)
    for name, query in joined.queries.items():
        joined.queries_by_type[query.type] = joined.queries[name] = dataclasses.replace(query, answer=reached)
    return joined


class Crowd:
    """Everybody who could ask, in a shop in which every command and query is reached or refused."""

    def __init__(self, shop: Shop) -> None:
        desk = Desk(shop)
        for id in (4, 5, 6):
            shop.configure("operators", id, {"alias": f"op{id}", "role": ROLES[id]})
        stale = desk.log_in(1)
        shop.clock.advance(5 * 60_000 + 1)
        device, second, third = desk.enrol(1), desk.enrol(2), desk.enrol(3)
        self.actors = {f"till {role}": desk.sign_in(device, id) for id, role in ROLES.items()}
        self.actors |= {f"session {role}": desk.log_in(id) for id, role in ROLES.items()}
        left, lost = desk.sign_in(second, 1), desk.sign_in(third, 1)
        desk.done("staff.sign_out", {"operator": 1}, second)
        desk.done("access.revoke_till", {"till": 3})
        over = desk.log_in(1)
        desk.done("access.log_out", {}, over)
        self.actors |= {
            "device": device,
            "nobody": nobody(),
            "key": desk.key(scopes=sorted(SCOPES)),
            "session stale": stale,
            "session over": over,
            "till left": left,
            "till revoked": lost,
            "till foreign": Actor(
                till=1, operator=1, credential=self.actors["till admin"].credential.replace("1", "2", 1)
            ),
            "no credential": Actor(till=1, operator=1),
            "as the engine": Actor(till=0),
        }
        shop.engine.close()
        self.features = reached_features()
        self.shop = shop
        self.engine = shop.engine = Engine(
            shop.path, features=self.features, clock=shop.clock, limits=SMALL, unsafe_filesystem=True, served=True
        )

    def commands(self, who: str) -> dict[str, str]:
        """Command -> the code that the actor hears."""
        names = sorted(self.features.commands)
        sent = [
            Envelope(
                id=self.shop.new_id(),
                actor=self.actors[who],
                command=self.features.decode_command(name, self.features.commands[name].example),
            )
            for name in names
        ]
        return dict(zip(names, (answer.code for answer in self.engine.submit(sent)), strict=True))

    def queries(self, who: str) -> dict[str, str]:
        """Query -> the code that the actor hears."""
        heard = {}
        for name, row in self.features.queries.items():
            with pytest.raises(Refusal) as refusal:
                self.engine.reader().ask_as(self.features.decode_query(name, row.example), self.actors[who])
            heard[name] = refusal.value.code
        return heard


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """One crowd for the whole matrix: nothing that it sends changes anything."""
    shop = Shop(tmp_path_factory.mktemp("matrix") / "shop", FEATURES)
    for id in (1, 2, 3):
        shop.configure("tills", id, {"name": f"Caisse {id}"})
        shop.configure("operators", id, {"alias": f"op{id}", "role": ROLES[id]})
    yield Crowd(shop)
    shop.close()


def expected(who: str, right: str, *, command: bool) -> str:
    """What the table says that the actor hears."""
    place, _, role = who.partition(" ")
    always = {
        "till left": "staff.not_signed_in",
        "till revoked": "access.revoked",
        "till foreign": "access.foreign_till",
        "session over": "access.session_over",
    }
    if who in always:
        return always[who]
    if who in ("no credential", "as the engine"):
        return "kernel.no_credential"
    if place == "nobody":
        return REACHED if right in OF_NOBODY else "kernel.not_allowed"
    if place == "device":
        missing = "kernel.no_operator" if command else "kernel.not_allowed"
        return REACHED if right in OF_DEVICES else missing
    if place == "key":
        return REACHED if right in SCOPES else "kernel.not_allowed"
    special = OF_DEVICES if place == "till" else OF_SESSIONS
    holds = ("admin" if role == "stale" else role) in RIGHTS.get(right, "").split()
    if right not in special and not holds:
        return "kernel.not_allowed"
    if command and right in PROVEN_LATELY and (place == "till" or role == "stale"):
        return "kernel.step_up"
    return REACHED


WHO = [f"{place} {role}" for place in ("till", "session") for role in ROLES.values()]
WHO += ["device", "nobody", "key", "session stale", "session over", "till left", "till revoked", "till foreign"]


def test_every_command_and_query_has_a_row_in_the_matrix() -> None:
    assert set(WANTED) == set(FEATURES.commands) | set(FEATURES.queries)


def test_the_rights_of_the_matrix_are_no_more_than_there_are() -> None:
    assert set(RIGHTS) | OF_DEVICES | OF_NOBODY | OF_SESSIONS == set(NEEDS)
    assert len(SCOPES) > 20
    assert not SCOPES & (PROVEN_LATELY | OF_DEVICES | OF_NOBODY | OF_SESSIONS)


@pytest.mark.parametrize("who", [*WHO, "no credential", "as the engine"])
def test_every_command_answers_what_the_matrix_says(crowd: Crowd, who: str) -> None:
    heard = crowd.commands(who)

    wanted = {name: expected(who, WANTED[name], command=True) for name in heard}
    wanted |= dict.fromkeys(NOT_FROM_WORKERS, "kernel.wrong_source")
    assert wanted == heard


@pytest.mark.parametrize("who", WHO)
def test_every_query_answers_what_the_matrix_says(crowd: Crowd, who: str) -> None:
    heard = crowd.queries(who)

    assert {name: expected(who, WANTED[name], command=False) for name in heard} == heard


def test_what_workers_send_themselves_and_what_others_send_has_no_route() -> None:
    hidden = {name for name, row in FEATURES.commands.items() if not row.routed}
    inner = {name for name, row in FEATURES.queries.items() if not row.routed}

    assert NOT_FROM_WORKERS | SENT_BY_WORKERS == hidden
    assert {"integrations.hooks", "integrations.jobs", "printing.jobs"} == inner


def test_whoever_is_not_known_gets_nothing_even_from_a_world_without_rows(crowd: Crowd) -> None:
    hooks = FEATURES.hooks
    stranger = Actor(till=0, operator=99, credential="nobody")

    def held(world: World) -> set[str]:
        return {right for right in RIGHTS if hooks.allows(world, stranger, right)}

    assert set() == crowd.engine.reader().look(held)
