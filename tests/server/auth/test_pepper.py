"""The pepper: in a file of its owner's, different for every shop and purpose."""

import os
import stat
from pathlib import Path

import pytest

from server.auth import pepper
from server.auth.pepper import Pepper, PepperError

SHOPS = ("00" * 16, "11" * 16)


def test_a_new_pepper_is_its_owners_alone_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    pepper.make(path)
    first = path.read_text()

    with pytest.raises(FileExistsError):
        pepper.make(path)

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert first == path.read_text()
    assert pepper.load(path, SHOPS[0]).key("totp") == pepper.load(path, SHOPS[0]).key("totp")


@pytest.mark.parametrize(("text", "mode"), [("ab", 0o600), ("zz" * 32, 0o600), ("00" * 32, 0o640), ("00" * 32, 0o604)])
def test_a_pepper_that_is_none_or_that_others_read_is_refused(tmp_path: Path, text: str, mode: int) -> None:
    path = tmp_path / "pepper"
    path.write_text(text)
    os.chmod(path, mode)

    with pytest.raises(PepperError):
        pepper.load(path, SHOPS[0])


def test_a_pepper_that_is_not_there_is_refused_and_so_is_a_shop_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PepperError, match="cannot be read"):
        pepper.load(tmp_path / "none", SHOPS[0])
    with pytest.raises(PepperError, match="16 bytes"):
        Pepper(bytes(32), "0011")


def test_shop_operator_purpose_and_secret_all_count() -> None:
    mixed = {
        Pepper(bytes(32), shop).mixed(purpose, operator, secret)
        for shop in SHOPS
        for purpose in ("pin", "password")
        for operator in (1, 11)
        for secret in ("1111", "111")
    }
    keys = {Pepper(bytes(32), shop).key(purpose) for shop in SHOPS for purpose in ("totp", "badge", "enrol")}

    assert (16, 6) == (len(mixed), len(keys))


def test_a_pepper_does_not_show_itself() -> None:
    assert "Pepper(...)" == repr(Pepper(bytes(32), SHOPS[0]))


def test_a_pepper_is_made_once_in_the_shop_and_never_where_the_options_say(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    chosen = tmp_path / "elsewhere"

    first = pepper.ensure(tmp_path, "")
    written = first.read_text()
    again = pepper.ensure(tmp_path, "")

    assert tmp_path / "keys" / "pepper" == first == again
    assert (written, 0o600) == (again.read_text(), again.stat().st_mode & 0o777)
    assert (chosen, False) == (pepper.ensure(tmp_path, str(chosen)), chosen.exists())
