"""The ticket that every benchmark sells: five lines, two rates, one discount, one payment; and its shop."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import Engine
from engine.kernel.disk import MIB, Limits
from engine.kernel.entropy import SystemEntropy
from engine.kernel.messages import Actor, Answer, Envelope
from engine.sales.post_sale import PostSale

TILLS = 16
OPERATOR = 3
LIMITS = Limits(map_bytes=32 << 30, ballast_bytes=0, free_bytes_min=0, free_percent_min=0, ahead_bytes=64 * MIB)
"""As a shop in service, but without the reserve of a full disk; zero-filled ahead, so that a commit overwrites."""

BODY: Mapping[str, Any] = {
    "lines": [
        {"product": 1, "quantity": 2},
        {"product": 2},
        {"product": 3},
        {"product": 5, "quantity": 3},
        {"product": 6},
    ],
    "mode": 0,
    "discounts": [{"id": 1}],
    "payments": [{"mode": 1, "tendered": 5000}],
}
"""Two rates (20 % and 10 %), ten per cent off the whole, paid in cash with change."""

RATES = {1: ("Taux normal", "20"), 2: ("Taux intermédiaire", "10")}
DEPARTMENTS = {1: ("Boissons", 1), 2: ("Plats", 2)}
PRODUCTS = {
    1: ("Café", "1.50", 1),
    2: ("Coca 33 cl", "2.00", 1),
    3: ("Sandwich jambon-beurre", "5.00", 2),
    5: ("Croissant", "1.20", 2),
    6: ("Jus d'orange pressé", "3.80", 1),
}
_ENTROPY = SystemEntropy()


def new_id() -> bytes:
    """A UUIDv7 as clients make it: ordered by time, so that the index of ids grows at its end."""
    random = _ENTROPY.take(10)
    stamp = time.time_ns() // 1_000_000
    return stamp.to_bytes(6, "big") + bytes((0x70 | random[0] & 15, random[1], 0x80 | random[2] & 63)) + random[3:]


def sale(number: int) -> Envelope:
    """The ticket on its way from one of the tills, which take turns."""
    return Envelope(id=new_id(), actor=Actor(till=1 + number % TILLS, operator=OPERATOR), command=command())


def command() -> PostSale:
    """The sale as it comes off the wire, decoded anew each time: no two sales share an object."""
    return _decode(_WIRE)


_WIRE = msgspec.json.encode(BODY)
_decode = msgspec.json.Decoder(PostSale).decode
COMMAND = command()


def must(answer: Answer) -> Answer:
    """The answer, which has to be ``done``: a benchmark of refusals would be fast and worth nothing."""
    if answer.status != "done":
        raise RuntimeError(f"{answer.status}: {answer.code} at {answer.at}: {answer.text}")
    return answer


def do(engine: Engine, name: str, body: Mapping[str, Any], *, till: int = 0, operator: int = 0) -> Answer:
    """One command that must be accepted; without a till it comes from the back office."""
    return must(engine.do(name, body, till=till, operator=operator, id=new_id()))


def configure(engine: Engine) -> None:
    """Everything that the ticket needs: rates, departments, products, modes, a discount, tills and operators."""

    def put(kind: str, id: int, row: Mapping[str, Any]) -> None:
        do(engine, f"{kind}.put", {"id": id, "row": row})

    for id, (title, percent) in RATES.items():
        put("vat-rates", id, {"title": title, "percent": percent})
    put("settings", 1, {"name": "Bar du Port", "default_vat": 1})
    for id, (title, vat) in DEPARTMENTS.items():
        put("departments", id, {"title": title, "vat": vat})
    for id, (title, price, department) in PRODUCTS.items():
        put("products", id, {"title": title, "price": price, "department": department})
    put("payment-modes", 1, {"title": "Espèces", "type": "cash"})
    put("payment-modes", 2, {"title": "Carte", "type": "card"})
    put("discounts", 1, {"title": "-10 %", "percent": "-10"})
    for id in range(1, TILLS + 1):
        put("tills", id, {"name": f"Caisse {id}"})
    for id, role in {1: "admin", 2: "manager", OPERATOR: "employee"}.items():
        put("operators", id, {"alias": f"op{id}", "role": role})


def open_tills(engine: Engine) -> None:
    """Every till begins a session."""
    for till in range(1, TILLS + 1):
        do(engine, "cash.open", {"float_in": 20000}, till=till, operator=1)


def new_shop(path: Path, limits: Limits = LIMITS, *, unsafe: bool = False) -> Engine:
    """A configured shop with open tills on a real engine, clock and random source."""
    Engine.create(path, limits=limits, unsafe_filesystem=unsafe)
    engine = open_shop(path, limits, unsafe=unsafe)
    configure(engine)
    open_tills(engine)
    return engine


def open_shop(path: Path, limits: Limits = LIMITS, *, unsafe: bool = False) -> Engine:
    """The engine over a shop that exists."""
    return Engine(path, limits=limits, unsafe_filesystem=unsafe)
