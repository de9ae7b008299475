"""Damage of every sort, found by both verifiers: the one in process, and the one-file one that shares no code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.features import FEATURES, check_journal
from engine.kernel.disk import SMALL
from engine.kernel.journal import HEADS, LOG, Checkpoint, position_key, read_checkpoint, tile_key
from engine.kernel.store import Store, WriteTransaction
from engine.kernel.tables import Snapshot

SALE = 60  # the sequence of a sale in the middle of the first tile
LATE = 300  # one that stands in the last tile, whose leaves are not stored apart from the entries

Found = Callable[..., tuple[set[str], int, str]]
Damage = Callable[[Callable[[WriteTransaction], None]], None]
Forge = Callable[..., None]


def _get(txn: WriteTransaction, seq: int) -> bytes:
    data = txn.get("entries", position_key(1, seq))
    assert data is not None
    return data


def _put(txn: WriteTransaction, seq: int, data: bytes) -> None:
    txn.put_many("entries", [(position_key(1, seq), data)])


def flip_a_bit(txn: WriteTransaction) -> None:
    data = bytearray(_get(txn, SALE))
    data[data.index(b'"at":"') + 10] ^= 1
    _put(txn, SALE, bytes(data))


def flip_a_bit_in_the_last_tile(txn: WriteTransaction) -> None:
    data = bytearray(_get(txn, LATE))
    data[data.index(b'"salt":"') + 10] ^= 1
    _put(txn, LATE, bytes(data))


def change_an_amount(txn: WriteTransaction) -> None:
    entry = json.loads(_get(txn, SALE))
    entry["rec"][0]["total"] -= 100
    _put(txn, SALE, json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode())


def drop_an_entry(txn: WriteTransaction) -> None:
    txn.delete("entries", position_key(1, SALE))


def insert_an_entry(txn: WriteTransaction) -> None:
    last = txn.last("entries")
    assert last is not None
    size = int.from_bytes(last[0][2:], "big") + 1
    for seq in range(size, SALE, -1):
        _put(txn, seq, _get(txn, seq - 1))


def swap_two_entries(txn: WriteTransaction) -> None:
    one, two = _get(txn, SALE), _get(txn, SALE + 1)
    _put(txn, SALE, two)
    _put(txn, SALE + 1, one)


def drop_the_last_entry(txn: WriteTransaction) -> None:
    last = txn.last("entries")
    assert last is not None
    txn.delete("entries", last[0])


def add_an_unsealed_entry(txn: WriteTransaction) -> None:
    last = txn.last("entries")
    assert last is not None
    txn.put_many("entries", [((int.from_bytes(last[0], "big") + 1).to_bytes(8, "big"), last[1])])


def replace_a_signature(txn: WriteTransaction) -> None:
    checkpoint = read_checkpoint(txn, 1, SALE)
    assert checkpoint is not None
    other = Checkpoint(checkpoint.key, checkpoint.size, checkpoint.root, bytes(64))
    txn.put_many("checkpoints", [(position_key(1, checkpoint.size), other.pack())])


def replace_a_root(txn: WriteTransaction) -> None:
    checkpoint = read_checkpoint(txn, 1, SALE)
    assert checkpoint is not None
    other = Checkpoint(checkpoint.key, checkpoint.size, bytes(32), checkpoint.signature)
    txn.put_many("checkpoints", [(position_key(1, checkpoint.size), other.pack())])


def name_another_key(txn: WriteTransaction) -> None:
    checkpoint = read_checkpoint(txn, 1, LATE)
    assert checkpoint is not None
    other = Checkpoint(1, checkpoint.size, checkpoint.root, checkpoint.signature)
    txn.put_many("checkpoints", [(position_key(1, checkpoint.size), other.pack())])


def write_no_json(txn: WriteTransaction) -> None:
    _put(txn, SALE, b"\xff\x00 nothing")


def write_with_a_space(txn: WriteTransaction) -> None:
    _put(txn, SALE, _get(txn, SALE).replace(b'"rec":', b'"rec": '))


@pytest.mark.parametrize(
    ("how", "codes"),
    [
        (flip_a_bit, {"check.leaf", "check.root"}),
        (flip_a_bit_in_the_last_tile, {"check.root", "check.chain_link"}),
        (change_an_amount, {"check.leaf", "check.root", "check.ticket_sums"}),
        (drop_an_entry, {"check.gap"}),
        (insert_an_entry, {"check.header", "check.leaf", "check.root", "check.unsealed"}),
        (swap_two_entries, {"check.header", "check.leaf", "check.root"}),
        (drop_the_last_entry, {"check.gap"}),
        (add_an_unsealed_entry, {"check.unsealed"}),
        (replace_a_signature, {"check.signature"}),
        (replace_a_root, {"check.root", "check.signature"}),
        (name_another_key, {"check.checkpoint", "check.signature"}),
        (write_no_json, {"check.undecodable", "check.leaf"}),
        (write_with_a_space, {"check.not_canonical", "check.leaf"}),
    ],
)
def test_damage_to_the_journal_is_found_by_both_verifiers(
    how: Callable[[WriteTransaction], None], codes: set[str], damage: Damage, found: Found
) -> None:
    damage(how)

    named, code, words = found()

    assert codes <= named
    assert code == 1, words
    assert "VERDICT: BROKEN" in words


def _forget_a_leaf_in_the_tile(txn: WriteTransaction) -> None:
    tile = txn.get("tiles", tile_key(1, 0, 0))
    assert tile is not None
    txn.put_many("tiles", [(tile_key(1, 0, 0), tile[:320] + bytes(32) + tile[352:])])


def _drop_the_upper_tile(txn: WriteTransaction) -> None:
    txn.delete("tiles", tile_key(1, 1, 0))


def _turn_a_head_back(txn: WriteTransaction) -> None:
    head = Snapshot(txn).get(HEADS, 1, 1)
    assert head is not None
    head.n -= 1
    txn.put_many(HEADS.db, [(HEADS.pack(1, 1), HEADS.encode(head))])


def _turn_the_log_back(txn: WriteTransaction) -> None:
    log = Snapshot(txn).get(LOG, 0)
    assert log is not None
    log.last_ms -= 1
    txn.put_many(LOG.db, [(LOG.pack(0), LOG.encode(log))])


def _drop_an_id(txn: WriteTransaction) -> None:
    txn.delete("commands", bytes.fromhex(json.loads(_get(txn, SALE))["cmd"]))


def _add_an_id(txn: WriteTransaction) -> None:
    txn.put_many("commands", [(b"nobody sent this", bytes(16) + position_key(1, SALE))])


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (_forget_a_leaf_in_the_tile, "check.tile"),
        (_drop_the_upper_tile, "check.tile"),
        (_turn_a_head_back, "check.head"),
        (_turn_the_log_back, "check.log"),
        (_drop_an_id, "check.index"),
        (_add_an_id, "check.index"),
    ],
)
def test_damage_beside_the_journal_is_found_in_process_and_concerns_no_export(
    how: Callable[[WriteTransaction], None], code: str, damage: Damage, found: Found
) -> None:
    damage(how)

    named, exit_code, words = found()

    assert {code} == named
    assert exit_code == 0, words


def _sale(entry: dict[str, Any]) -> dict[str, Any] | None:
    record = entry["rec"][0]
    return record if entry["seq"] == SALE and record["is"] == "sales.posted" else None


def sell_for_less(entry: dict[str, Any]) -> None:
    if record := _sale(entry):
        record["total"] -= 100


def shift_vat(entry: dict[str, Any]) -> None:
    if record := _sale(entry):
        record["rates"][0]["v"] -= 1
        record["rates"][0]["n"] += 1
        record["lines"][0]["t"] -= 1


def keep_the_change(entry: dict[str, Any]) -> None:
    if (record := _sale(entry)) and record["legs"]:
        record["legs"][0]["tendered"] += 5


def skip_a_number(entry: dict[str, Any]) -> None:
    for record in entry["rec"]:
        if entry["seq"] > SALE and record.get("series") == 0 and "no" in record:
            record["no"] += 1


def smooth_a_closure(entry: dict[str, Any]) -> None:
    record = entry["rec"][0]
    if record["is"] == "cash.closed" and not record["training"]:
        record["turnover"] -= 1000


def drop_the_float(entry: dict[str, Any]) -> None:
    record = entry["rec"][0]
    if record["is"] == "cash.opened" and entry["till"] == 1:
        record["float_in"] -= 1


def claim_another_shop(entry: dict[str, Any]) -> None:
    if entry["seq"] == SALE:
        entry["shop"] = "f" * 32


def sell_in_the_past(entry: dict[str, Any]) -> None:
    if entry["seq"] == SALE:
        entry["at"] = "2026" + entry["at"][4:].replace("11-21", "11-20", 1)


def reuse_a_session(entry: dict[str, Any]) -> None:
    record = entry["rec"][0]
    if record["is"] == "cash.opened" and record["session"] == 2:
        record["session"] = 5


@pytest.mark.parametrize(
    ("how", "code", "both"),
    [
        (sell_for_less, "check.ticket_sums", True),
        (shift_vat, "check.ticket_sums", True),
        (keep_the_change, "check.payment_sums", True),
        (skip_a_number, "check.accounting_number", True),
        (smooth_a_closure, "check.closure", True),
        (drop_the_float, "check.closure", True),
        (claim_another_shop, "check.header", True),
        (reuse_a_session, "check.session", True),
        (sell_in_the_past, "check.time", False),
    ],
)
def test_a_forger_with_the_signing_keys_is_found_by_what_does_not_add_up(
    how: Callable[[dict[str, Any]], None], code: str, both: bool, forge: Forge, found: Found
) -> None:
    forge(how)

    named, exit_code, words = found()

    assert code in named
    assert not named & {"check.root", "check.signature", "check.leaf", "check.chain_link", "check.log"}
    assert (exit_code == 1) is both, words


def test_whoever_recomputes_everything_without_the_signing_key_is_found_by_the_signatures(
    forge: Forge, found: Found
) -> None:
    def forget_the_note(entry: dict[str, Any]) -> None:
        if record := _sale(entry):
            record["asked"] = True

    forge(forget_the_note, signed=False)

    named, exit_code, words = found()

    assert {"check.signature"} == named
    assert exit_code == 1
    assert "is not signed by its key" in words


def test_an_old_file_is_found_only_with_a_checkpoint_that_left_the_shop(shop: Shop, tmp_path: Path) -> None:
    store = shop.engine.store
    store.copy(_made(tmp_path / "old" / "store"))
    later = shop.configure("vat-rates", 1, {"title": "Taux", "percent": "20"}).proof.split("\n\n", 1)[1]
    old = Store(tmp_path / "old", writable=False, limits=SMALL)

    without = check_journal(old, FEATURES)
    with_it = check_journal(old, FEATURES, checkpoints=[later])
    old.close()

    assert without.whole
    assert ["check.truncated"] == [one.code for one in with_it.breaks]


def _made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_every_break_is_named_with_its_neighbours_and_the_first_stops_nothing(damage: Damage, busy: Path) -> None:
    def ask(txn: WriteTransaction) -> None:
        for seq in (50, 90):
            _put(txn, seq, _get(txn, seq).replace(b'"asked":false', b'"asked":true'))

    damage(ask)
    store = Store(busy, writable=False, limits=SMALL)
    breaks = check_journal(store, FEATURES).breaks
    store.close()

    leaves = [one for one in breaks if one.code == "check.leaf"]
    assert [50, 90] == [one.seq for one in leaves]
    assert leaves[0].before is not None
    assert leaves[0].after is not None
    assert (49, 51) == (leaves[0].before.seq, leaves[0].after.seq)
