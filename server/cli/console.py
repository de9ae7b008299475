"""How a command that writes reaches the shop: through the engine that runs, else by holding the shop itself."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from engine.engine import CONSOLE, Actor, Answer, Engine, Envelope, Reader
from engine.features import FEATURES
from server.auth import pepper
from server.auth.ceremonies import DeclinedError, Desk
from server.auth.desk import EngineTroubleError, LinkDesk
from server.auth.secrets import Secrets
from server.cli.shell import Exit, Problem, Shell
from server.wire import sockets
from server.wire.link import Link

T = TypeVar("T")

PEPPER_VARIABLE = "GUICHET_PEPPER"
UP_WITHIN_S = 10.0

CONSOLE_ACTOR = Actor(till=0)
"""Whoever may open the shop's directory on its own machine is the shop itself."""

Work = Callable[[Desk, Secrets], Awaitable[T]]


class EngineDesk:
    """A ceremony's way to an engine of this very process; implements `server.auth.ceremonies.Desk`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Answer:
        """Submits a command."""
        command = FEATURES.decode_command(name, body)
        return self._engine.submit([Envelope(id=id, actor=actor, command=command)], CONSOLE)[0]

    def look(self, look: Callable[[Any], T]) -> T:
        """``look(world)`` on a snapshot."""
        return self._engine.reader().look(look)


def add_pepper(parser: argparse.ArgumentParser) -> None:
    """The option that says where the key for PINs lies, as `guichet serve` has it."""
    text = f"the file of the key for PINs and cookies (or {PEPPER_VARIABLE}; default: in the shop's keys/)"
    parser.add_argument("--pepper", default=os.environ.get(PEPPER_VARIABLE, ""), metavar="FILE", help=text)


def secrets_of(data: Path, chosen: str, shop: str) -> Secrets:
    """The pool that hashes with the shop's pepper; makes a pepper where the shop has none."""
    try:
        return Secrets(pepper.load(pepper.ensure(data, chosen), shop))
    except pepper.PepperError as error:
        hint = "Bring it back: every PIN and every password was made with it."
        raise Problem("serve.pepper", str(error), hint, exit=Exit.FAULT) from error


def in_shop(shell: Shell, chosen: str, work: Work[T]) -> T:
    """``work(desk, secrets)`` through the engine that serves the shop, or with the owner's lock where none runs."""
    shell.require_shop()
    try:
        sockets.connect(shell.data, sockets.CONSOLE).close()
    except OSError:
        with Engine(shell.data, unsafe_filesystem=shell.unsafe) as engine:
            return in_engine(engine, chosen, work)
    with Reader(shell.data, FEATURES) as reader:
        secrets = secrets_of(shell.data, chosen, reader.shop)
        return _run(secrets, lambda: _by_link(shell.data, reader, secrets, work))


def in_engine(engine: Engine, chosen: str, work: Work[T]) -> T:
    """The same in an engine of this process."""
    secrets = secrets_of(engine.path, chosen, engine.shop)
    return _run(secrets, lambda: work(EngineDesk(engine), secrets))


def _run(secrets: Secrets, begin: Callable[[], Awaitable[T]]) -> T:
    async def whole() -> T:
        return await begin()

    try:
        return asyncio.run(whole())
    except DeclinedError as error:
        raise Problem(error.code, error.text, exit=Exit.REFUSED) from error
    except EngineTroubleError as error:
        text = f"the engine that serves this shop could not answer (HTTP {error.reply.status})"
        raise Problem("api.engine_away", text, "Try again.", exit=Exit.FAULT) from error
    finally:
        secrets.close()


async def _by_link(data: Path, reader: Reader, secrets: Secrets, work: Work[T]) -> T:
    link = Link(data, sockets.CONSOLE)
    link.start()
    try:
        if not await link.wait_up(UP_WITHIN_S):
            text = "the engine that serves this shop does not answer"
            raise Problem("api.engine_away", text, "Is it of the same version? Try again.", exit=Exit.FAULT)
        return await work(LinkDesk(link, lambda: reader), secrets)
    finally:
        await link.close()
