"""Verifying, copying, restoring, folding again and exporting a shop from the command line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from engine.engine import Engine, Reader
from engine.features import FEATURES

Guichet = Callable[..., Any]


def _change(shop: Path, database: str, key: bytes, change: Callable[[bytes], bytes | None]) -> None:
    """Somebody with a tool of his own writes into the store."""
    env = lmdb.open(str(shop / "store"), max_dbs=16, map_size=1 << 30)
    with env.begin(write=True) as txn:
        db = env.open_db(database.encode(), txn=txn, create=False)
        value = change(txn.get(key, db=db) or b"")
        if value is None:
            txn.delete(key, db=db)
        else:
            txn.put(key, value, db=db)
    env.close()


def _entry(seq: int) -> bytes:
    return (1 << 48 | seq).to_bytes(8, "big")


def _checkpoint(shop: Path, path: Path) -> Path:
    """The signed checkpoint of the shop's last ticket, as a receipt carries it away."""
    with Reader(shop, FEATURES) as reader:
        last = reader.ask_by_name("sales.tickets", {"limit": 1}).tickets[0]
        path.write_text(reader.proof(last.gen, last.seq).partition("\n\n")[2], encoding="utf-8")
    return path


def _copy_keys(source: Path, target: Path) -> None:
    for key in (source / "keys").glob("seal-*.key"):
        (target / "keys" / key.name).write_bytes(key.read_bytes())
        (target / "keys" / key.name).chmod(0o600)


def test_a_whole_journal_is_said_to_be_whole_and_the_outcome_is_sealed(guichet: Guichet, demo: Path) -> None:
    first = guichet("verify", "--data", demo)
    second = guichet("verify", "--data", demo, "--json")

    assert 0 == first.code, first.err
    assert "is whole:" in first.out
    outcome = second.json
    assert (True, True, 0) == (outcome["ok"], outcome["sealed"], outcome["broken"])
    with Reader(demo, FEATURES) as reader:
        size = reader.position()[1]
        records = [reader.entry(1, seq).entry.rec[0] for seq in range(size - 8, size)]
    assert 2 == sum(getattr(record, "what", "") == "journal.checked" for record in records)


def test_only_looking_changes_nothing(guichet: Guichet, demo: Path) -> None:
    with Reader(demo, FEATURES) as reader:
        before = reader.position()

    ran = guichet("verify", "--no-seal", "--data", demo)

    with Reader(demo, FEATURES) as reader:
        assert before == reader.position()
    assert 0 == ran.code
    assert "not sealed: --no-seal" in ran.out


def test_a_ticket_that_was_altered_is_named_with_exit_code_1(guichet: Guichet, demo: Path) -> None:
    with Reader(demo, FEATURES) as reader:
        ticket = reader.ask_by_name("sales.ticket", {"no": 5})
    _change(demo, "entries", _entry(ticket.seq), lambda data: data.replace(b'"total":', b'"total":1', 1))

    told = guichet("verify", "--no-seal", "--data", demo)
    counted = guichet("verify", "--data", demo, "--json")

    assert (1, 1) == (told.code, counted.code)
    assert f"entry {ticket.seq} of generation 1" in told.out
    assert "Keep the files as they are" in told.out
    assert counted.json["broken"] >= 1
    assert ticket.seq in {each["seq"] for each in counted.json["breaks"]}


def test_a_checkpoint_that_left_the_shop_finds_what_was_cut_off(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    guichet("backup", tmp_path / "old", "--data", demo)
    with Engine(demo, unsafe_filesystem=True) as engine:
        engine.do("cash.open", {"float_in": 0}, till=1, operator=1, id=bytes(16))
        sale = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}
        engine.do("sales.post", sale, till=1, operator=1, id=bytes([1] * 16))
    note = _checkpoint(demo, tmp_path / "receipt.txt")
    guichet("restore", tmp_path / "old", "--data", tmp_path / "cut")

    whole = guichet("verify", "--no-seal", "--data", demo, "--checkpoint", note)
    cut = guichet("verify", "--no-seal", "--data", tmp_path / "cut", "--checkpoint", note)

    assert (0, 1) == (whole.code, cut.code)
    assert "check.truncated" in cut.out


def test_a_text_that_is_no_checkpoint_is_refused(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("bonjour")

    ran = guichet("verify", "--checkpoint", tmp_path / "letter.txt", "--data", demo)

    assert 3 == ran.code
    assert "fiscal.bad_checkpoint" in ran.err


def test_a_checkpoint_file_that_is_not_there_is_named(guichet: Guichet, demo: Path) -> None:
    ran = guichet("verify", "--checkpoint", "nowhere.txt", "--data", demo)

    assert 4 == ran.code
    assert "system.missing" in ran.err
    assert "where: nowhere.txt" in ran.err


def test_a_backup_is_proven_and_a_restored_shop_waits_for_what_is_missing(
    guichet: Guichet, demo: Path, tmp_path: Path
) -> None:
    copied = guichet("backup", tmp_path / "copy", "--data", demo, "--json")
    restored = guichet("restore", tmp_path / "copy", "--data", tmp_path / "new")

    assert (0, 0) == (copied.code, restored.code), copied.err + restored.err
    assert copied.json["size"] > 0
    assert "It is read-only until nothing is missing" in restored.out
    assert 0 == guichet("ticket", "show", "5", "--data", tmp_path / "new").code
    with pytest.raises(Exception, match=r"store\.restored"):
        Engine(tmp_path / "new", unsafe_filesystem=True)


def test_what_is_missing_comes_back_from_the_original_and_the_shop_sells_again(
    guichet: Guichet, demo: Path, tmp_path: Path
) -> None:
    guichet("backup", tmp_path / "copy", "--data", demo)
    guichet("verify", "--data", demo)
    guichet("restore", tmp_path / "copy", "--data", tmp_path / "new")

    ran = guichet("restore", "--missing", demo, "--data", tmp_path / "new", "--json")

    assert 0 == ran.code, ran.err
    assert (True, 3) == (ran.json["ready"], ran.json["entries"])
    _copy_keys(demo, tmp_path / "new")
    assert 0 == guichet("verify", "--data", tmp_path / "new").code


def test_what_is_lost_is_followed_by_a_new_log(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    guichet("backup", tmp_path / "copy", "--data", demo)

    ran = guichet("restore", tmp_path / "copy", "--new-log", "--data", tmp_path / "new")

    assert 0 == ran.code, ran.err
    assert "A new log, generation 2, follows it" in ran.out
    verified = guichet("verify", "--data", tmp_path / "new", "--json")
    assert (0, True) == (verified.code, verified.json["sealed"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((), "restore.nothing_to_do"), (("--new-log", "--missing", "x"), "restore.two_ways")],
)
def test_a_restore_without_a_goal_or_with_two_is_wrong_usage(
    guichet: Guichet, arguments: tuple[str, ...], code: str
) -> None:
    ran = guichet("restore", *arguments)

    assert 2 == ran.code
    assert code in ran.err


def test_what_is_no_backup_is_a_fault(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    ran = guichet("restore", demo, "--data", tmp_path / "new")

    assert 4 == ran.code
    assert "backup.no_manifest" in ran.err
    assert not (tmp_path / "new").exists()


def test_tables_are_what_the_journal_makes_of_them(guichet: Guichet, demo: Path) -> None:
    ran = guichet("refold", "--data", demo, "--json")

    assert (0, [], False) == (ran.code, ran.json["differences"], ran.json["applied"])


def test_a_table_that_was_altered_is_found_and_put_right(guichet: Guichet, demo: Path) -> None:
    key = b"ku"  # the prefix of the table of unique values
    env = lmdb.open(str(demo / "store"), max_dbs=16, map_size=1 << 30)
    with env.begin(db=env.open_db(b"state", create=False)) as txn, txn.cursor() as cursor:
        assert cursor.set_range(key)
        key = bytes(cursor.key())
    env.close()
    _change(demo, "state", key, lambda value: None)

    found = guichet("refold", "--data", demo)
    put_right = guichet("refold", "--apply", "--data", demo)
    after = guichet("refold", "--data", demo)

    assert (1, 0, 0) == (found.code, put_right.code, after.code)
    assert "state: 1 rows missing" in found.out
    assert "--apply puts it right" in found.out
    assert "All of it was put right." in put_right.out


@pytest.mark.parametrize("target", ["journal", "journal.zip"])
def test_an_export_is_checked_by_its_own_verifier(guichet: Guichet, demo: Path, tmp_path: Path, target: str) -> None:
    guichet("export", "journal", tmp_path / "open", "--data", demo)

    ran = guichet("export", "journal", tmp_path / target, "--data", demo, "--json")

    verifier = [sys.executable, str(tmp_path / "open" / "verify_export.py"), str(tmp_path / target)]
    verified = subprocess.run(verifier, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 0 == ran.code, ran.err
    assert 0 == verified.returncode, verified.stdout + verified.stderr
    assert sum(each["size"] for each in ran.json["generations"]) > 300


def test_nothing_is_written_over(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    backup = guichet("backup", tmp_path / "there", "--data", demo)
    export = guichet("export", "journal", tmp_path / "there", "--data", demo)

    assert (4, 4) == (backup.code, export.code)
    assert "exists already" in backup.err
    assert "exists already" in export.err
    assert [] == list((tmp_path / "there").iterdir())
