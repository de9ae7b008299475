"""Tokens in files: for their owner alone, looked up by hash, gone when their file is."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.engine import Actor
from server.api.problems import Problem
from server.auth import token_files
from server.auth.token_files import TokenFiles, ensure


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A shop's directory with tokens for two tills."""
    (tmp_path / "keys").mkdir()
    ensure(tmp_path, [1, 2])
    return tmp_path


def headers(data: Path, name: str, operator: bytes = b"3") -> Mapping[bytes, bytes]:
    """What somebody sends who has the file."""
    token = (data / "keys" / f"{name}.token").read_bytes().strip()
    return {b"authorization": b"Bearer " + token, b"x-operator": operator}


def test_a_token_says_the_till_and_the_header_the_operator(data: Path) -> None:
    gate = TokenFiles(data)

    assert Actor(till=2, operator=3) == gate.authenticate(headers(data, "till-2"), "").actor
    assert Actor(till=0, operator=3) == gate.authenticate(headers(data, "office"), "").actor
    assert b'{"till":2,"operator":3' == gate.authenticate(headers(data, "till-2"), "").encoded[:22]


def test_files_are_their_owner_s_alone_and_are_never_made_twice(data: Path) -> None:
    before = {path.name: path.read_bytes() for path in (data / "keys").iterdir()}

    assert [] == ensure(data, [1, 2])
    assert before == {path.name: path.read_bytes() for path in (data / "keys").iterdir()}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (data / "keys").iterdir()}


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("auth.missing", {b"authorization": b""}),
        ("auth.missing", {b"authorization": b"Basic YTpi"}),
        ("auth.missing", {b"authorization": b"Bearer "}),
        ("auth.unknown", {b"authorization": b"Bearer tk_till_1_x"}),
        ("auth.no_operator", {b"x-operator": b""}),
        ("auth.no_operator", {b"x-operator": b"0"}),
        ("auth.no_operator", {b"x-operator": b"-1"}),
        ("auth.no_operator", {b"x-operator": b"1" * 16}),
    ],
)
def test_who_is_not_recognised_is_told_what_is_missing(data: Path, code: str, changed: dict[bytes, bytes]) -> None:
    with pytest.raises(Problem) as caught:
        TokenFiles(data).authenticate({**headers(data, "till-1"), **changed}, "")

    assert code == caught.value.code


def test_a_file_that_is_removed_counts_no_longer(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_files, "LOOK_EACH_NS", -1)
    gate, known = TokenFiles(data), headers(data, "till-1")
    gate.authenticate(known, "")

    (data / "keys" / "till-1.token").unlink()

    with pytest.raises(Problem, match=r"auth\.unknown"):
        gate.authenticate(known, "")
