"""How the simulated tills show who they are: the one place that benchmarks know of credentials."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks import ticket
from engine.engine import Actor, Engine, Envelope, Reader
from engine.features import FEATURES
from server.auth import cookies, sessions, tokens
from server.auth.gate import COOKIE_KEY, now_ms
from server.auth.pepper import Pepper, place

PEPPER = bytes(range(32))
CODE = "0" * 64
FIRST = 1
"""Every till here has one enrolment and one sign-in, its first."""


def enrol(engine: Engine, data: Path, tills: Iterable[int]) -> None:
    """Gives every till its credential and puts the operator before it, by what the ceremonies would send."""
    for till in tills:
        device = Actor(till=till, credential=f"till:{till}:{FIRST}")
        digest = tokens.digest(_token(till)).hex()
        _do(engine, "access.invite_till", {"till": till, "code": CODE}, Actor(till=0))
        _do(engine, "access.enrol_till", {"till": till, "code": CODE, "credential": digest}, Actor(till=0))
        _do(engine, "staff.try_pin", {"operator": ticket.OPERATOR}, device)
        _do(engine, "staff.sign_in", {"operator": ticket.OPERATOR, "way": "pin"}, device)
    pepper = place(data, "")
    pepper.touch(0o600)
    pepper.write_text(PEPPER.hex(), encoding="ascii")


def _do(engine: Engine, name: str, body: dict[str, object], actor: Actor) -> None:
    command = FEATURES.decode_command(name, body)
    ticket.must(engine.submit([Envelope(id=ticket.new_id(), actor=actor, command=command)])[0])


def _token(till: int) -> str:
    return f"tk_till_{till}_{FIRST:a>43}"


def headers_of(data: Path, tills: Iterable[int]) -> list[dict[str, str]]:
    """For each till the headers by which a served shop recognises it and the person at it."""
    with Reader(data, FEATURES) as reader:
        key = Pepper(PEPPER, reader.shop).key(COOKIE_KEY)
    found = []
    for till in tills:
        shift = sessions.seal_shift(key, sessions.Shift(till, FIRST, ticket.OPERATOR, FIRST, now_ms()))
        found.append({"Authorization": f"Bearer {_token(till)}", "Cookie": f"{cookies.SHIFT}={shift}"})
    return found
