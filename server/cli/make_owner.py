"""``guichet owner``: the administrator's PIN, password and one-time codes, at the beginning and after they were lost."""

import argparse
import base64
import dataclasses
import getpass
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import Answer
from engine.features import by_login, operator
from server.auth import ceremonies, totp
from server.auth.ceremonies import Desk
from server.auth.secrets import Secrets, WeakSecretError, require_password, require_pin
from server.cli.console import CONSOLE_ACTOR, add_pepper, in_shop
from server.cli.shell import Exit, Problem, Shell

ALIAS_DEFAULT = "Responsable"
STDIN = "-"
CODES_ASKED_MAX = 3
STRANGER_NAMES = 40


@dataclasses.dataclass(frozen=True, slots=True)
class Typed:
    """What an owner chose: his name on tickets, the PIN and the password."""

    alias: str
    pin: str = dataclasses.field(repr=False)
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Who he is from now on: his number, and the seed of his one-time codes as an address, shown once."""

    id: int
    alias: str
    uri: str = dataclasses.field(repr=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet owner`` takes."""
    add_secrets(parser)
    add_pepper(parser)


def add_secrets(parser: argparse.ArgumentParser) -> None:
    """Who the owner is, and where his secrets come from when nobody types them."""
    parser.add_argument(
        "--owner", metavar="NAME", default=ALIAS_DEFAULT, help=f"the administrator's alias (default {ALIAS_DEFAULT})"
    )
    parser.add_argument(
        "--secrets",
        metavar="FILE",
        help="two lines, PIN and password, instead of typing them; - reads them from standard input",
    )


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Gives an administrator new secrets, through the engine that runs or with the owner's lock; makes him if needed."""
    shell.require_shop()
    typed = read_typed(arguments, shell)
    if typed is None:
        hint = "Run it at a terminal, or give --secrets FILE (or --secrets - for standard input)."
        raise Problem("owner.no_secrets", "nobody is here to type a PIN and a password", hint)
    shop_name = in_shop(shell, arguments.pepper, _name_of_shop)
    seed = choose_seed(shell, typed.alias, shop_name, asked=arguments.secrets is None)
    owner = in_shop(shell, arguments.pepper, lambda desk, secrets: write_owner(desk, secrets, typed, seed))
    show(shell, owner, totp.uri(seed, owner.alias, shop_name), asked=arguments.secrets is None)
    shell.result({"ok": True, "operator": owner.id, "alias": owner.alias, "totp_uri": owner.uri})
    return Exit.OK
