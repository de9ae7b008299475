"""Exports: byte for byte what was sealed, whole or not there."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from engine.features import FEATURES, export_journal
from engine.fiscal import verify_export
from engine.kernel.errors import StoreFault
from engine.kernel.journal import position_key
from engine.kernel.store import Store


def test_an_export_holds_every_entry_byte_for_byte(opened: Store, tmp_path: Path) -> None:
    manifest = export_journal(opened, FEATURES, tmp_path / "export")

    lines = (tmp_path / "export" / "generation-1" / "entries.ndjson").read_bytes().splitlines()
    with opened.read() as txn:
        stored = [value for _, value in txn.scan("entries", position_key(1, 0), position_key(2, 0))]
    assert stored == lines
    assert (0, len(stored) - 1) == (manifest.generations[0].first, manifest.generations[0].last)


def test_the_manifest_names_length_digest_and_numbers(opened: Store, tmp_path: Path) -> None:
    export_journal(opened, FEATURES, tmp_path / "export")

    manifest = json.loads((tmp_path / "export" / "manifest.json").read_bytes())
    for file in manifest["files"]:
        data = (tmp_path / "export" / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    series = {one["series"]: one for one in manifest["generations"][0]["series"]}
    assert {0, 65535} == set(series)
    assert 1 == series[0]["first"]
    assert series[0]["last"] > 200


def test_an_archive_holds_the_same_files_and_is_the_same_every_time(opened: Store, tmp_path: Path) -> None:
    export_journal(opened, FEATURES, tmp_path / "export")
    export_journal(opened, FEATURES, tmp_path / "one.zip")
    export_journal(opened, FEATURES, tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "export" / name).read_bytes()


def test_an_export_never_overwrites(opened: Store, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()

    with pytest.raises(StoreFault, match=r"export\.exists"):
        export_journal(opened, FEATURES, tmp_path / "export")


def test_an_export_that_fails_leaves_nothing_behind(opened: Store, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_journal(opened, FEATURES, tmp_path / "made" / "export.zip", progress=stop)

    assert [] == list((tmp_path / "made").iterdir())


def test_the_verifier_in_the_export_is_the_one_in_the_house(opened: Store, tmp_path: Path) -> None:
    export_journal(opened, FEATURES, tmp_path / "export")

    assert Path(verify_export.__file__).read_bytes() == (tmp_path / "export" / "verify_export.py").read_bytes()
