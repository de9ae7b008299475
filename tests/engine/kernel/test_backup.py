"""Copies of a shop, and the ways back from one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.engine import (
    Engine,
    IntegrityFault,
    StoreFault,
    backup,
    bring_back,
    check,
    export_journal,
    open_new_log,
    refold,
    restore,
)
from engine.kernel.backup import Backup
from engine.kernel.disk import SMALL
from engine.kernel.errors import KeyFault
from engine.kernel.notes import parse_checkpoint

HERE: dict[str, Any] = {"limits": SMALL, "unsafe_filesystem": True}
SALE = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}


@pytest.fixture
def selling(bar: Shop) -> Shop:
    """The bar with a till open and two tickets."""
    bar.configure("operators", 4, {"alias": "op4", "role": "employee", "name": "Jeanne Duval"})
    bar.do("cash.open", {"float_in": 0})
    bar.do("sales.post", SALE)
    bar.do("sales.post", SALE)
    return bar


@pytest.fixture
def copied(selling: Shop, tmp_path: Path) -> Path:
    """A backup of it, made while it sells, and two more tickets after it."""
    backup(selling.engine, tmp_path / "backup")
    selling.do("sales.post", SALE)
    selling.do("sales.post", SALE)
    return tmp_path / "backup"


@pytest.fixture
def restored(copied: Path, tmp_path: Path) -> Path:
    """The backup, restored at a new path."""
    restore(copied, tmp_path / "restored", **HERE)
    return tmp_path / "restored"


@pytest.fixture
def again(selling: Shop, restored: Path) -> Iterator[Shop]:
    """A harness for the restored shop; a test opens it."""
    shop = Shop.__new__(Shop)
    shop.__dict__.update(selling.__dict__)
    shop.path = restored
    shop._ids += 1_000
    yield shop
    if shop.engine is not selling.engine:
        shop.close()


def _note(proof: str) -> str:
    return proof.split("\n\n", 1)[1]


def _give_keys(selling: Shop, path: Path) -> None:
    for key in (selling.path / "keys").glob("seal-*.key"):
        shutil.copy(key, path / "keys")


def test_a_backup_says_what_it_holds_and_holds_no_signing_key(selling: Shop, tmp_path: Path) -> None:
    made = backup(selling.engine, tmp_path / "backup")

    gen, size = selling.engine.position
    assert (gen, size) == (made.gen, made.size)
    names = {path.relative_to(tmp_path / "backup").as_posix() for path in (tmp_path / "backup").rglob("*")}
    assert {file.path for file in made.files} <= names
    assert not [name for name in names if "seal" in name]
    note = json.loads((tmp_path / "backup" / "backup.json").read_bytes())["checkpoint"]
    checkpoint = parse_checkpoint(note.rpartition("\n\n")[0] + "\n")
    assert (size, made.root) == (checkpoint.size, checkpoint.root.hex())


def test_a_broken_journal_is_not_backed_up_unseen(selling: Shop, tmp_path: Path) -> None:
    txn = selling.engine.store.begin()
    first = next(txn.scan("entries", b"", b"\xff" * 8))
    txn.put_many("entries", [(first[0], first[1].replace(b'"soft":"0', b'"soft":"9'))])
    selling.engine.store.commit(txn)

    with pytest.raises(IntegrityFault, match=r"backup\.broken"):
        backup(selling.engine, tmp_path / "made" / "backup")
    assert [] == list((tmp_path / "made").iterdir())


def test_a_backup_never_overwrites(selling: Shop, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()

    with pytest.raises(StoreFault, match=r"backup\.exists"):
        backup(selling.engine, tmp_path / "backup")


def test_a_restored_copy_is_read_and_not_sold_on(restored: Path) -> None:
    with pytest.raises(StoreFault, match=r"store\.restored"):
        Engine(restored, **HERE)

    assert check(restored, limits=SMALL).whole


@pytest.mark.parametrize("name", ["store/data.mdb", "people/data.mdb", "keys/people.key"])
def test_a_backup_that_was_altered_is_not_restored(copied: Path, tmp_path: Path, name: str) -> None:
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)

    with pytest.raises(StoreFault, match=r"backup\.damaged"):
        restore(copied, tmp_path / "restored", **HERE)
    assert not (tmp_path / "restored").exists()


def test_a_manifest_that_leads_out_of_the_backup_is_refused(copied: Path, tmp_path: Path) -> None:
    manifest = (copied / "backup.json").read_text()
    (copied / "backup.json").write_text(manifest.replace("keys/people.key", "../../people.key"))

    with pytest.raises(StoreFault, match="leads out"):
        restore(copied, tmp_path / "restored", **HERE)


@pytest.mark.parametrize("how", ["export", "archive.zip", "copy"])
def test_with_the_missing_entries_the_shop_goes_on_as_if_nothing_had_happened(
    selling: Shop, again: Shop, tmp_path: Path, how: str
) -> None:
    last = selling.do("sales.post", SALE)
    if how == "copy":
        backup(selling.engine, tmp_path / how)
    else:
        export_journal(selling.engine, tmp_path / how)
    selling.engine.abandon()

    back = bring_back(again.path, tmp_path / how, checkpoint=_note(last.proof), **HERE)
    _give_keys(selling, again.path)
    again.open()
    repeated = again.send("sales.post", SALE, id=bytes.fromhex(last.id))
    after = again.do("sales.post", SALE)

    assert (3, True) == (back.entries, back.ready)
    assert repeated.repeated
    assert (last.proof, last.leaf) == (repeated.proof, repeated.leaf)
    assert last.records[0].no + 1 == after.records[0].no
    assert check(again.engine).whole
    again.engine.close()
    assert () == refold(again.path, **HERE).differences


def test_personal_fields_are_in_the_backup(again: Shop, selling: Shop) -> None:
    selling.engine.abandon()
    open_new_log(again.path, **HERE)
    again.open()

    shown = again.ask("operators.get", {"id": 4})

    assert "Jeanne Duval" == shown["name"]


def test_without_the_signing_key_nothing_is_sealed(selling: Shop, again: Shop, tmp_path: Path) -> None:
    export_journal(selling.engine, tmp_path / "export")
    bring_back(again.path, tmp_path / "export", **HERE)

    with pytest.raises(KeyFault, match=r"seal\.no_key"):
        Engine(again.path, **HERE)


def test_a_copy_that_does_not_reach_the_latest_checkpoint_stays_read_only(
    selling: Shop, restored: Path, tmp_path: Path
) -> None:
    export_journal(selling.engine, tmp_path / "export")
    latest = _note(selling.do("sales.post", SALE).proof)

    back = bring_back(restored, tmp_path / "export", checkpoint=latest, **HERE)

    assert (2, False) == (back.entries, back.ready)
    with pytest.raises(StoreFault, match=r"store\.restored"):
        Engine(restored, **HERE)


def test_missing_entries_that_were_altered_are_not_taken_in(selling: Shop, restored: Path, tmp_path: Path) -> None:
    export_journal(selling.engine, tmp_path / "export")
    entries = tmp_path / "export" / "generation-1" / "entries.ndjson"
    lines = entries.read_bytes().splitlines(keepends=True)
    lines[-1] = lines[-1].replace(b'"asked":false', b'"asked":true')
    entries.write_bytes(b"".join(lines))
    before = check(restored, limits=SMALL)

    with pytest.raises(IntegrityFault, match=r"journal\.root"):
        bring_back(restored, tmp_path / "export", **HERE)

    assert before == check(restored, limits=SMALL)


def test_a_shop_that_was_not_restored_is_left_alone(selling: Shop, tmp_path: Path) -> None:
    selling.engine.close()

    with pytest.raises(StoreFault, match=r"store\.not_restored"):
        open_new_log(selling.path, **HERE)
    with pytest.raises(StoreFault, match=r"store\.not_restored"):
        bring_back(selling.path, tmp_path, **HERE)


def test_a_new_log_follows_the_restored_one(selling: Shop, again: Shop, copied: Path) -> None:
    lost = selling.do("sales.post", SALE)
    selling.engine.abandon()
    manifest = _manifest(copied)

    gen = open_new_log(again.path, known=[_note(lost.proof)], **HERE)
    again.open()
    first = again.do("sales.post", SALE)

    genesis = again.engine.reader().entry(2, 0).entry.rec[0]
    assert 2 == gen
    assert (manifest.gen, manifest.size, manifest.root) == (
        genesis.before.gen,
        genesis.before.size,
        genesis.before.root,
    )
    assert (_note(lost.proof),) == genesis.before.known
    assert f"guichet/{manifest.shop}/2\n" in first.proof
    assert (2, 1, 1) == (first.gen, first.records[0].series, first.records[0].no)
    assert 1 == again.engine.reader().entry(2, first.seq).entry.chain[0].n


def test_old_ids_answer_in_a_new_log_and_lost_ones_are_new(selling: Shop, again: Shop) -> None:
    kept = selling.engine.reader().entry(1, selling.engine.position[1] - 3).entry
    lost = selling.do("sales.post", SALE)
    selling.engine.abandon()
    open_new_log(again.path, **HERE)
    again.open()

    repeated = again.send("sales.post", SALE, id=bytes.fromhex(kept.cmd))
    sold = again.send("sales.post", SALE, id=bytes.fromhex(lost.id))

    assert (True, 1) == (repeated.repeated, repeated.gen)
    assert (False, 2) == (sold.repeated, sold.gen)


def test_two_generations_are_checked_and_refolded_in_order(selling: Shop, again: Shop) -> None:
    selling.engine.abandon()
    open_new_log(again.path, **HERE)
    before = check(again.path, limits=SMALL)
    unopened = refold(again.path, **HERE)
    again.open()
    again.do("sales.post", SALE)
    again.do("cash.close", {"counted": [{"mode": 1, "amount": 0}], "float_out": 0}, operator=2)
    again.reopen()
    after = check(again.engine)
    again.engine.close()

    assert before.whole
    assert () == unopened.differences
    assert after.whole
    assert 2 == after.gen
    assert () == refold(again.path, **HERE).differences


def test_restoring_takes_one_way_only(copied: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match=r"store\.two_ways"):
        restore(copied, tmp_path / "restored", missing=tmp_path, new_log=True, **HERE)


def _manifest(path: Path) -> Backup:
    return msgspec.json.decode((path / "backup.json").read_bytes(), type=Backup)
