"""``guichet owner``: an administrator's PIN, password and one-time codes, at the beginning and after a loss."""

import argparse
import dataclasses
import getpass
import io
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.features import Operator, by_login, operator, shop_name
from server.auth import ceremonies, totp
from server.auth.ceremonies import DeclinedError, Desk
from server.auth.secrets import Secrets, WeakSecretError, require_password, require_pin
from server.cli.console import CONSOLE_ACTOR, add_pepper, in_shop
from server.cli.shell import Exit, Problem, Shell

ALIAS_DEFAULT = "Responsable"
STDIN = "-"
ADMIN = "admin"
NO_SECRETS_HINT = "Run `guichet owner` at a terminal, or give it --secrets FILE (or --secrets - for standard input)."


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
    """Gives an administrator new secrets, through the engine that runs or with the owner's lock; makes him if new."""
    shell.require_shop()
    chosen = choose(arguments, shell)
    if chosen is None:
        raise Problem("owner.no_secrets", "nobody is here to type a PIN and a password", NO_SECRETS_HINT)

    async def work(desk: Desk, secrets: Secrets) -> Owner:
        return await write_owner(desk, secrets, chosen)

    owner = in_shop(shell, arguments.pepper, work)
    show(shell, owner)
    shell.result({"ok": True, **facts_of(owner)})
    return Exit.OK


def facts_of(owner: Owner) -> dict[str, object]:
    """What a program is told of an owner; the address of the seed this once."""
    return {"operator": owner.id, "alias": owner.alias, "totp_uri": owner.uri}


def choose(arguments: argparse.Namespace, shell: Shell) -> Typed | None:
    """PIN and password from the file that was named, or from the terminal; None where there is neither."""
    alias = unicodedata.normalize("NFC", arguments.owner)
    if arguments.secrets is not None:
        return _from_file(alias, arguments.secrets)
    if shell.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    shell.say(f"{alias} signs in at tills with a PIN, and in the back office with a password and a code.")
    pin = _ask(shell, "PIN (6 digits): ", require_pin)
    password = _ask(shell, "Password (15 characters at least): ", lambda typed: _good_password(alias, typed))
    return Typed(alias, pin, password)


def _from_file(alias: str, name: str) -> Typed:
    text = sys.stdin.read() if name == STDIN else Path(name).read_text(encoding="utf-8")
    lines = unicodedata.normalize("NFC", text).splitlines()
    if len(lines) != len(("pin", "password")):
        hint = "The first line is the PIN, the second the password, and there is no third."
        raise Problem("owner.bad_secrets", f"{len(lines)} lines of secrets; there are two", hint)
    pin, password = lines
    try:
        require_pin(pin)
        _good_password(alias, password)
    except WeakSecretError as error:
        raise Problem(error.code, error.text, "Choose another one; nothing was changed.") from error
    return Typed(alias, pin, password)


def _good_password(alias: str, password: str) -> None:
    require_password(password, names=(alias,))


def _ask(shell: Shell, prompt: str, require: Callable[[str], None]) -> str:
    """A secret typed twice, unseen; asked for again until it is good enough."""
    while True:
        typed = unicodedata.normalize("NFC", getpass.getpass(prompt))
        try:
            require(typed)
        except WeakSecretError as error:
            shell.say(f"  {error.text}")
            continue
        if unicodedata.normalize("NFC", getpass.getpass("Once more: ")) == typed:
            return typed
        shell.say("  these were not the same")


async def write_owner(desk: Desk, secrets: Secrets, typed: Typed) -> Owner:
    """Stores the secrets of the administrator with this alias; makes him where there is none, refuses who is no admin.

    What locked him is forgotten, and whatever he was signed in to is over.
    """
    id = await _administrator(desk, typed.alias)
    seed = totp.new_seed()
    sealed = {"hash": totp.seal(secrets.pepper, id, seed), "key": totp.seed_key(secrets.pepper, seed)}
    forms = {
        "pin": await ceremonies.stored_form(secrets, "pin", id, typed.pin),
        "password": await ceremonies.stored_form(secrets, "password", id, typed.password),
        "totp": sealed,
    }
    for field, secret in forms.items():
        body = {"operator": id, "field": field, "secret": secret}
        await ceremonies.tell(desk, "staff.set_secret", body, CONSOLE_ACTOR)
    unlocked = await desk.send("staff.unlock", {"operator": id}, CONSOLE_ACTOR, ceremonies.new_id())
    if unlocked.status != "done" and unlocked.code != "staff.not_locked":
        raise DeclinedError(unlocked.code, unlocked.text, unlocked.data)
    return Owner(id, typed.alias, totp.uri(seed, typed.alias, desk.look(shop_name)))


async def _administrator(desk: Desk, alias: str) -> int:
    """The number of the administrator with this alias, made here where nobody has it."""
    id = desk.look(lambda world: by_login(world, alias))
    if id is None:
        row = {"alias": alias, "role": "admin"}
        answer = await ceremonies.tell(desk, "operators.put", {"row": row}, CONSOLE_ACTOR)
        made: int = msgspec.to_builtins(answer.records[0])["id"]
        return made
    found: Operator | None = desk.look(lambda world: operator(world, id))
    if found is None or found.alias != alias or found.role != ADMIN:
        text = f"{alias} is no administrator; a manager or an administrator gives others their PIN"
        raise DeclinedError("owner.no_admin", text)
    return id


def show(shell: Shell, owner: Owner) -> None:
    """The seed of the one-time codes, once: as a QR code for the authenticator, and as text."""
    shell.say(
        f"{owner.alias} (operator {owner.id}) has a PIN and a password now, and one-time codes from this seed.",
        "Scan it with an authenticator; it is shown this once:",
        "",
        *_drawn(owner.uri).splitlines(),
        "",
        f"  {owner.uri}",
        "",
    )


def _drawn(text: str) -> str:
    """A QR code in half-height blocks, light on dark as terminals are."""
    import qrcode  # type: ignore[import-untyped]  # the library has no types

    made = qrcode.QRCode(border=2)
    made.add_data(text)
    out = io.StringIO()
    made.print_ascii(out=out, invert=True)
    return out.getvalue().rstrip("\n")
