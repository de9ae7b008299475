"""Opens the demo shop: its configuration, a PIN for everybody who works there, and a token for each of its tills."""

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from engine.engine import Actor, Answer, Engine, Envelope
from engine.features import FEATURES
from server.auth import ceremonies, pepper
from server.auth.secrets import Secrets, WeakSecretError, require_pin
from server.cli.shell import new_id
from server.demo import catalogue
from server.demo.baskets import Body

T = TypeVar("T")
ENGINE = Actor(till=0, operator=0)
PIN_DIGITS = 6
PINS_TRIED_MAX = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """What people and devices of the demo shop hold: tokens by till, PINs by operator; and what did not go right."""

    tokens: Mapping[int, str]
    pins: Mapping[int, str]
    problems: list[str]


class _Desk:
    """The engine in this process, as the ceremonies want it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Answer:
        """Submits a command and returns its answer."""
        command = FEATURES.decode_command(name, body)
        return self._engine.submit([Envelope(id=id, actor=actor, command=command)])[0]

    def look(self, look: Callable[[Any], T]) -> T:
        """Looks at the last commit."""
        with self._engine.reader() as reader:
            found: T = reader.look(look)
        return found


def open_shop(path: Path, *, unsafe: bool) -> Opened:
    """Configures the shop in ``path`` and lets its people and tills in; nothing of it is served yet."""
    with Engine(path, unsafe_filesystem=unsafe) as engine:
        return asyncio.run(_open(engine, path))


async def _open(engine: Engine, path: Path) -> Opened:
    mixed = pepper.load(pepper.ensure(path, ""), engine.shop)
    kept = Secrets(mixed)
    try:
        pins = {id: _pin() for id in range(1, len(catalogue.OPERATORS) + 1)}
        stored = {id: await ceremonies.stored_form(kept, "pin", id, pin) for id, pin in pins.items()}
        problems = _configure(engine, stored)
        desk = _Desk(engine)
        tokens = {}
        for till in range(1, len(catalogue.TILLS) + 1):
            code = await ceremonies.invite(desk, mixed, till, ENGINE)
            tokens[till] = await ceremonies.enrol(desk, mixed, code)
    finally:
        kept.close()
    return Opened(tokens, pins, problems)


def _pin() -> str:
    """A PIN by chance, as the rules want it."""
    for _ in range(PINS_TRIED_MAX):
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        try:
            require_pin(pin)
        except WeakSecretError:
            continue
        return pin
    raise AssertionError("no PIN in a hundred tries was good enough")


def _configure(engine: Engine, pins: Mapping[int, Mapping[str, str]]) -> list[str]:
    """Sends the configuration, by names and JSON bodies, in one group as an import would; what was declined."""
    named = [(name, _with_pin(name, body, pins)) for name, body in catalogue.commands()]
    envelopes = [
        Envelope(id=new_id(), actor=ENGINE, command=FEATURES.decode_command(name, body)) for name, body in named
    ]
    return [
        f"{name} {body['id']}: {answer.code}: {answer.text}"
        for (name, body), answer in zip(named, engine.submit(envelopes), strict=True)
        if answer.status != "done"
    ]


def _with_pin(name: str, body: Body, pins: Mapping[int, Mapping[str, str]]) -> Body:
    return body | {"row": body["row"] | {"pin": pins[body["id"]]}} if name == "operators.put" else body
