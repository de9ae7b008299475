"""``guichet owner``: an administrator's secrets, read from where nobody sees them, and never half good."""

import getpass
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.engine import Reader
from engine.features import FEATURES, operator, stored_secret
from server.cli import make_owner

Guichet = Callable[..., Any]
SECRETS = "482913\nun mot de passe bien long\n"


@pytest.fixture
def shop(guichet: Guichet, tmp_path: Path) -> Path:
    """A shop whose administrator has no secrets yet."""
    assert 0 == guichet("init").code
    return tmp_path / "var" / "shop"


def kept(shop: Path, id: int = 1) -> list[bool]:
    """Which of the three secrets an operator has."""
    with Reader(shop, FEATURES) as reader:
        return [reader.look(lambda world, field=field: stored_secret(world, id, field)) is not None for field in FIELDS]  # type: ignore[misc]  # a lambda with a default


FIELDS = ("pin", "password", "totp")


def test_a_shop_begins_without_secrets_where_nobody_types_any(shop: Path, guichet: Guichet) -> None:
    assert [False] * 3 == kept(shop)
    assert "guichet owner" in guichet("init", "--data", "second").out


def test_two_lines_of_a_file_make_the_owner_and_his_codes_are_shown_once(
    shop: Path, guichet: Guichet, tmp_path: Path
) -> None:
    (tmp_path / "secrets").write_text(SECRETS, encoding="utf-8")

    ran = guichet("owner", "--secrets", tmp_path / "secrets")

    assert 0 == ran.code
    assert "otpauth://totp/Ma%20boutique%3AResponsable?secret=" in ran.out
    assert "█" in ran.out
    assert [True] * 3 == kept(shop)
    assert "482913" not in ran.out + ran.err


def test_standard_input_is_a_file_too_and_a_new_name_a_new_administrator(
    shop: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(SECRETS))

    ran = guichet("owner", "--owner", "Zoé", "--secrets", "-", "--json")

    with Reader(shop, FEATURES) as reader:
        found = reader.look(lambda world: operator(world, 2))
    assert {"ok": True, "operator": 2, "alias": "Zoé"}.items() <= ran.json.items()
    assert found is not None
    assert ("Zoé", "admin") == (found.alias, found.role)
    assert [True] * 3 == kept(shop, 2)


@pytest.mark.parametrize(
    ("secrets", "code"),
    [
        ("482913\ncourt\n", "auth.password_short"),
        ("123456\nun mot de passe bien long\n", "auth.pin_weak"),
        ("482913\n", "owner.bad_secrets"),
    ],
)
def test_a_secret_that_is_no_good_leaves_no_shop_behind(
    guichet: Guichet, tmp_path: Path, secrets: str, code: str
) -> None:
    (tmp_path / "secrets").write_text(secrets, encoding="utf-8")

    ran = guichet("init", "--secrets", tmp_path / "secrets")

    assert (2, False) == (ran.code, (tmp_path / "var").exists())
    assert code in ran.err


def test_nobody_at_a_terminal_and_no_file_is_said_with_what_to_do(
    shop: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    ran = guichet("owner")

    assert (2, [False] * 3) == (ran.code, kept(shop))
    assert "owner.no_secrets" in ran.err
    assert "--secrets" in ran.err


def test_whoever_is_no_administrator_gets_nothing_here(shop: Path, guichet: Guichet, tmp_path: Path) -> None:
    from server.cli.console import CONSOLE_ACTOR, in_shop
    from server.cli.shell import Shell

    (tmp_path / "secrets").write_text(SECRETS, encoding="utf-8")

    async def hire(desk: Any, secrets: Any) -> Any:
        return await desk.send("operators.put", {"row": {"alias": "Max", "role": "manager"}}, CONSOLE_ACTOR, bytes(16))

    assert "done" == in_shop(Shell(shop, unsafe=True), "", hire).status

    ran = guichet("owner", "--owner", "Max", "--secrets", tmp_path / "secrets")

    assert (3, True) == (ran.code, "owner.no_admin" in ran.err)


def test_at_a_terminal_secrets_are_typed_twice_and_asked_again_until_they_are_good(
    shop: Path, guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["123456", "482913", "482914", "482913", "482913", "court", *["un mot de passe bien long"] * 2])

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    monkeypatch.setattr(make_owner, "sys", type("Sys", (), {"stdin": Terminal(), "stdout": Terminal()}))

    ran = guichet("owner")

    assert (0, [True] * 3, []) == (ran.code, kept(shop), list(typed))
    assert "these were not the same" in ran.out
    assert "482913" not in ran.out
