"""What the numbered operations on a real shop ask for: a till's day, with ids and content that follow from the number.

An operation is a generator of groups: each group is submitted as one, and what it was answered is sent back in, because
a refund names the accounting number that its sale was given. No operation leans on another, so they may come in any
order; what one needs (a sale to refund, a session to close) it makes itself.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ADMIN, EMPLOYEE = 1, 3
TILLS = (1, 2, 3, 4)
OWN_TILL_FIRST = 1_000
"""Operations that open and close a session use a till of their own: this number and theirs."""
OWN_OPERATOR_FIRST = 1_000
CHANGED_PRODUCT_FIRST = 50
CHANGED_PRODUCTS = 5
OPTION_LARGE = 1_002
"""The second choice of the first option set."""
CANARY = "Canari-Prive"
"""In every personal field that is sent: found anywhere in clear, somebody's data have leaked."""
PIN = "argon2-of-pin"


class Ask(NamedTuple):
    """One command of a group: its name and body, who sends it (till 0: the back office), and whether it has to be
    refused."""

    name: str
    body: dict[str, Any]
    till: int = 1
    operator: int = ADMIN
    refused: bool = False


if TYPE_CHECKING:
    Groups = Generator[list[Ask], list[Any], None]
    """Yields groups, is sent their answers."""

RATES = {1: ("20", "Taux normal"), 2: ("10", "Taux intermédiaire"), 3: ("5.5", "Taux réduit"), 4: ("2.1", "Presse")}
MODES = {1: ("Espèces", "cash"), 2: ("Carte", "card"), 3: ("Titre-restaurant", "meal_voucher")}
DISCOUNTS = {1: {"title": "-10 %", "percent": "-10"}, 2: {"title": "-1,00 €", "amount": "-1.00"}}
PRODUCTS: dict[int, dict[str, Any]] = {
    1: {"title": "Café", "price": "1.50", "department": 1, "vat_on_site": 2, "option_sets": [1]},
    2: {"title": "Coca", "price": "2.00", "department": 1, "barcodes": ["5449000000996"]},
    3: {"title": "Sandwich", "price": "5.00", "department": 2},
    4: {"title": "Chocolat", "price": "1.20", "department": 3},
}


def id_of(op: int, number: int) -> bytes:
    """The id of an operation's command: random-looking, so that ids fall on many pages."""
    return hashlib.sha256(b"command %d of operation %d" % (number, op)).digest()[:16]


SETUP_OP = -1
"""The configuration counts as an operation of its own, before all others."""


def set_up() -> list[list[Ask]]:
    """The small bar of the engine's own tests, with options, and its four tills opened: two groups."""

    def put(kind: str, id: int, row: dict[str, Any]) -> Ask:
        return Ask(f"{kind}.put", {"id": id, "row": row}, till=0, operator=0)

    rows = [put("vat-rates", id, {"title": title, "percent": percent}) for id, (percent, title) in RATES.items()]
    rows += [put("settings", 1, {"name": "Bar du Port", "default_vat": 1})]
    names = {1: ("Boissons", 1), 2: ("Plats", 2), 3: ("Pain", 3)}
    rows += [put("departments", id, {"title": title, "vat": vat}) for id, (title, vat) in names.items()]
    choices = [{"title": "Petit"}, {"title": "Grand", "delta": "0.40"}]
    rows += [put("option-sets", 1, {"title": "Taille", "choices": choices})]
    rows += [put("products", id, row) for id, row in PRODUCTS.items()]
    rows += [put("payment-modes", id, {"title": title, "type": type}) for id, (title, type) in MODES.items()]
    rows += [put("discounts", id, row) for id, row in DISCOUNTS.items()]
    rows += [put("tills", id, {"name": f"Caisse {id}"}) for id in TILLS]
    roles = {ADMIN: "admin", 2: "manager", EMPLOYEE: "employee"}
    rows += [put("operators", id, {"alias": f"op{id}", "role": role}) for id, role in roles.items()]
    return [rows, [Ask("cash.open", {"float_in": 10_000}, till=till) for till in TILLS]]


def _set_up() -> Groups:
    rows, sessions = set_up()
    yield rows
    yield sessions


def sale(op: int, *, till: int | None = None, operator: int = EMPLOYEE, **body: Any) -> Ask:
    """A sale of one to three lines whose size varies, so that pages split; paid by card unless the body says so."""
    seed = hashlib.sha256(b"sale of operation %d" % op).digest()
    lines: list[dict[str, Any]] = [{"product": 1 + seed[0] % 4, "quantity": 1 + seed[1] % 3}]
    if seed[2] % 2:
        lines.append({"department": 2, "price": f"{1 + seed[3] % 40}.50", "label": "Plat du jour"})
    if seed[4] % 3 == 0:
        lines.append({"product": 2, "note": "sans glace " * (1 + seed[5] % 20)})
    whole = {"lines": lines, "payments": [{"mode": 2}], **body}
    return Ask("sales.post", whole, till=till or TILLS[op % len(TILLS)], operator=operator)


def _cash(op: int) -> Groups:
    yield [sale(op, payments=[{"mode": 1, "tendered": 50_000}], receipt=True)]


def _mixed(op: int) -> Groups:
    lines = [{"product": 1, "quantity": 2, "options": [OPTION_LARGE]}, {"product": 3}]
    legs = [{"mode": 3, "tendered": 500}, {"mode": 2, "tip": 50}]
    yield [sale(op, lines=lines, payments=legs, mode=2)]


def _unpaid(op: int) -> Groups:
    (sold,) = yield [sale(op, payments=[], unpaid=True, operator=ADMIN)]
    number = sold.records[0].no
    yield [Ask("sales.pay", {"no": number, "payments": [{"mode": 2, "tendered": 100}]}, till=TILLS[op % 4])]
    yield [Ask("sales.pay", {"no": number, "payments": [{"mode": 1}]}, till=TILLS[(op + 1) % 4])]


def _discounted(op: int) -> Groups:
    lines = [
        {"product": 3, "quantity": 3, "discount": {"id": 1}},
        {"product": 2, "quantity": 2, "discount": {"amount": "-0.25"}},
        {"price": f"{op % 50}.99", "label": "Divers"},
    ]
    yield [sale(op, lines=lines, discounts=[{"id": 2}, {"percent": "-5", "lines": [1, 3]}], operator=ADMIN)]


def _whole_refund(op: int) -> Groups:
    (sold,) = yield [sale(op, payments=[{"mode": 1}])]
    yield [Ask("sales.refund", {"no": sold.records[0].no, "reason": "Erreur de commande"}, till=TILLS[op % 4])]


def _partial_refund(op: int) -> Groups:
    (sold,) = yield [sale(op, lines=[{"product": 2, "quantity": 3}, {"product": 4}], discounts=[{"id": 1}], operator=1)]
    body = {"no": sold.records[0].no, "lines": [{"line": 1, "quantity": 1}]}
    yield [Ask("sales.refund", body, till=TILLS[op % 4]), Ask("sales.refund", body, till=TILLS[(op + 1) % 4])]


def _rush(op: int) -> Groups:
    """All tills at once, one command of them refused: one group, one commit."""
    asks = [sale(op * 100 + number, till=till) for number, till in enumerate(TILLS * 2)]
    yield [*asks, Ask("cash.open", {"float_in": 1}, refused=True)]


def _price_change(op: int) -> Groups:
    id = CHANGED_PRODUCT_FIRST + op % CHANGED_PRODUCTS
    row = {"title": f"Plat {id}", "price": f"{8 + op % 9}.{op % 90 + 10}", "department": 2}
    yield [Ask("products.put", {"id": id, "row": row}, till=0, operator=0)]
    yield [sale(op, lines=[{"product": id}])]


def operator_of(op: int) -> tuple[int, str]:
    """The operator that a personal operation hires, and the name that only the people store may know."""
    return OWN_OPERATOR_FIRST + op, f"{CANARY} numero {op}"


def _hire(op: int) -> Groups:
    id, name = operator_of(op)
    pin = {"hash": f"{PIN} {op}", "key": f"keyed {op}"}
    row = {"alias": f"caisse {id}", "name": name, "email": f"{CANARY}-{op}@example.org", "pin": pin}
    yield [Ask("operators.put", {"id": id, "row": row}, till=0, operator=0), sale(op, operator=EMPLOYEE)]


def _session(op: int) -> Groups:
    """A till of its own: opened, sold from, closed with a count that is not what the records expect, opened again."""
    till = OWN_TILL_FIRST + op
    yield [
        Ask("tills.put", {"id": till, "row": {"name": f"Caisse {till}"}}, till=0, operator=0),
        Ask("cash.open", {"float_in": 5_000}, till=till),
        sale(op, till=till, payments=[{"mode": 1, "tendered": 50_000}]),
        sale(op + 1, till=till),
    ]
    yield [Ask("cash.close", {"counted": [{"mode": 1, "amount": 6_000 + op}], "float_out": 4_000}, till=till)]
    yield [Ask("cash.open", {"float_in": 4_000, "training": bool(op % 2)}, till=till), sale(op, till=till)]


def _copied(op: int) -> Groups:
    (sold,) = yield [sale(op)]
    copy = Ask("sales.copy", {"no": sold.records[0].no, "how": "print"}, till=TILLS[op % 4])
    yield [copy, copy._replace(body={**copy.body, "how": "mail"})]


def _rotated(op: int) -> Groups:
    """Two sales; the workload gives the shop a new signing key between them, and an employee is refused a right."""
    yield [sale(op)]
    forbidden = Ask("operators.put", {"id": 9, "row": {"alias": "x"}}, operator=EMPLOYEE, refused=True)
    yield [forbidden, sale(op + 1, till=3)]


OPERATIONS: tuple[tuple[str, Callable[[int], Groups]], ...] = (
    ("cash", _cash),
    ("whole-refund", _whole_refund),
    ("session", _session),
    ("hire", _hire),
    ("mixed", _mixed),
    ("unpaid", _unpaid),
    ("rush", _rush),
    ("rotated", _rotated),
    ("partial-refund", _partial_refund),
    ("price-change", _price_change),
    ("discounted", _discounted),
    ("copied", _copied),
)
"""The kinds of operations by name; operation ``n`` is of the kind at ``n`` modulo their number."""

ROTATED = "rotated"
"""The kind between whose groups the shop gets a new signing key."""


def name_of(op: int) -> str:
    """The kind of an operation."""
    return OPERATIONS[op % len(OPERATIONS)][0]


def operation(name: str, after: int = 0) -> int:
    """The first operation of a kind that is not below ``after``."""
    return next(op for op in range(after, after + len(OPERATIONS)) if name_of(op) == name)


def groups_of(op: int) -> Groups:
    """The groups of an operation, one after the other."""
    if op == SETUP_OP:
        return _set_up()
    return OPERATIONS[op % len(OPERATIONS)][1](op)


class _Sold(NamedTuple):
    """Stands for the answer to any command where only the shape of an operation is asked for."""

    no: int = 1

    @property
    def records(self) -> tuple[_Sold]:
        return (self,)


@functools.lru_cache(maxsize=4096)
def accepted(op: int) -> list[list[int]]:
    """The numbers of an operation's commands that enter the journal, group by group."""
    found: list[list[int]] = []
    number = 0
    groups = groups_of(op)
    asks: list[Ask] | None = next(groups)
    while asks is not None:
        found.append([number + at for at, ask in enumerate(asks) if not ask.refused])
        number += len(asks)
        try:
            asks = groups.send([_Sold()] * len(asks))
        except StopIteration:
            asks = None
    return found
