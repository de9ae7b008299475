"""Small files, locks and whole files."""

import os
from pathlib import Path

import pytest

from engine.kernel import disk
from engine.kernel.disk import OwnerLock
from engine.kernel.errors import StoreFault


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    disk.write_durably(path, b"old")

    def fail(fd: int) -> None:
        raise OSError(5, "input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="input/output"):
        disk.write_durably(path, b"new and longer")
    monkeypatch.undo()

    assert path.read_bytes() == b"old"
    disk.write_durably(path, b"new", mode=0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)


def test_a_short_write_of_a_small_file_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:3]))

    disk.write_durably(tmp_path / "key", b"0123456789")

    assert (tmp_path / "key").read_bytes() == b"0123456789"


def test_filling_writes_real_zeros_and_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"abc")

    disk.fill(path, 3, 5000)

    assert path.read_bytes() == b"abc" + bytes(4997)
    assert path.stat().st_blocks * 512 >= 5000


def test_a_lock_is_held_once_and_free_again_when_its_owner_lets_go(tmp_path: Path) -> None:
    first = OwnerLock(tmp_path / "owner.lock")
    with pytest.raises(StoreFault) as fault:
        OwnerLock(tmp_path / "owner.lock")
    first.close()
    first.close()

    second = OwnerLock(tmp_path / "owner.lock")
    second.close()

    assert fault.value.code == "store.owned"


def test_ballast_is_not_taken_where_it_would_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "room", lambda path, limits: disk.Room(free_bytes=3 * disk.MIB, low=False, warn=True))

    disk.keep_ballast(tmp_path / "ballast", 2 * disk.MIB)
    absent = not (tmp_path / "ballast").exists()
    disk.keep_ballast(tmp_path / "ballast", disk.MIB)

    assert absent
    assert (tmp_path / "ballast").stat().st_size == disk.MIB
