"""``guichet init``: a new shop in its own directory, with what every French shop needs to sell its first ticket."""

import argparse
import unicodedata
from typing import Any

from engine.engine import Engine
from server.auth import pepper
from server.auth.ceremonies import Desk
from server.auth.secrets import Secrets
from server.cli.console import Work, add_pepper, in_engine
from server.cli.make_owner import ALIAS_DEFAULT, Owner, Typed, add_secrets, choose, facts_of, show, write_owner
from server.cli.shell import Exit, Problem, Shell, new_id

NAME_DEFAULT = "Ma boutique"

FIRST_ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("vat-rates", {"title": "Taux normal 20 %", "percent": "20", "category": "standard"}),
    ("vat-rates", {"title": "Taux intermédiaire 10 %", "percent": "10", "category": "intermediate"}),
    ("vat-rates", {"title": "Taux réduit 5,5 %", "percent": "5.5", "category": "reduced"}),
    ("vat-rates", {"title": "Taux particulier 2,1 %", "percent": "2.1", "category": "super-reduced"}),
    ("tills", {"name": "Caisse 1"}),
    ("operators", {"alias": ALIAS_DEFAULT, "role": "admin"}),
    ("payment-modes", {"title": "Espèces", "type": "cash"}),
    ("payment-modes", {"title": "Carte bancaire", "type": "card"}),
    ("payment-modes", {"title": "Chèque", "type": "check"}),
)
"""The rates of the Code général des impôts (art. 278 to 281 nonies), a till, an admin, three payment modes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet init`` takes."""
    parser.add_argument("--name", default=NAME_DEFAULT, help=f"the shop's name on receipts (default: {NAME_DEFAULT})")
    parser.add_argument("--siret", help="14 digits; checked by their check digit")
    parser.add_argument("--vat-number", help="the VAT number, FR and 11 characters")
    add_secrets(parser)
    add_pepper(parser)
    parser.add_argument("--empty", action="store_true", help="configure nothing: no rates, tills, operators or modes")


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Makes the shop, writes its genesis and its first configuration."""
    if shell.data.exists():
        raise Problem(
            "store.exists",
            f"{shell.data} exists already",
            "Choose another place with --data; nothing there was touched.",
            exit=Exit.FAULT,
        )
    if arguments.empty and arguments.secrets is not None:
        raise Problem(
            "owner.no_owner", "--empty makes no administrator to give secrets to", "Leave one of the two out."
        )
    chosen = None if arguments.empty else choose(arguments, shell)
    shop = Engine.create(shell.data, unsafe_filesystem=shell.unsafe)
    with Engine(shell.data, unsafe_filesystem=shell.unsafe) as engine:
        if not arguments.empty:
            _configure(engine, arguments)
        owner = None if chosen is None else in_engine(engine, arguments.pepper, _writer(chosen))
        generation, entries = engine.position
    pepper.ensure(shell.data, arguments.pepper)
    if owner is not None:
        show(shell, owner)
    shell.say(f"Shop {shop} is ready in {shell.data} ({entries + 1} entries sealed).")
    shell.say(
        "",
        "What to do next:",
        f"  keep {shell.data / 'keys'} safe: whoever has it can sign, and without it nothing is sealed",
        *(
            ()
            if owner or arguments.empty
            else ("  guichet owner                  PIN, password and codes of the first administrator",)
        ),
        "  guichet serve                  tills and browsers, over HTTP",
        "  guichet invite --till 1        a code with which a device becomes till 1",
        "  guichet verify                 prove that the journal is whole",
        "  guichet backup DIRECTORY       take a copy while it runs",
    )
    facts = {"ok": True, "shop": shop, "data": str(shell.data), "generation": generation, "entries": entries + 1}
    shell.result(facts | ({} if owner is None else {"owner": facts_of(owner)}))
    return Exit.OK


def _writer(chosen: Typed) -> Work[Owner]:
    async def work(desk: Desk, secrets: Secrets) -> Owner:
        return await write_owner(desk, secrets, chosen)

    return work


def _configure(engine: Engine, arguments: argparse.Namespace) -> None:
    """The first rows; the administrator is called what he was given."""
    settings: dict[str, Any] = {"name": arguments.name, "default_vat": 1}
    settings |= {"siret": arguments.siret} if arguments.siret else {}
    settings |= {"vat_number": arguments.vat_number} if arguments.vat_number else {}
    rows: list[tuple[str, int | None, dict[str, Any]]] = [(kind, None, row) for kind, row in FIRST_ROWS]
    rows.insert(4, ("settings", 1, settings))
    for kind, id, row in rows:
        named = {"alias": unicodedata.normalize("NFC", arguments.owner)} if kind == "operators" else {}
        answer = engine.do(f"{kind}.put", {"id": id, "row": row | named}, id=new_id())
        if answer.status != "done":
            where = f" ({answer.at})" if answer.at else ""
            raise Problem(
                answer.code,
                f"{kind} not accepted{where}: {answer.text}",
                f"The shop in {engine.path} is made but not configured; remove the directory and try again.",
                exit=Exit.REFUSED,
            )
