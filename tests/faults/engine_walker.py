"""A shop judged from its raw bytes, without a line of the engine: hashes, chains, signatures, numbers, sums."""

from __future__ import annotations

import functools
import hashlib
import json
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import engine_ops
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from workload import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import lmdb

CHAINS = {"ticket": 1, "payment": 2, "copy": 3, "closure": 4, "event": 5, "cash": 6, "archive": 7}
TRAINING = 100
VKEY_ALGORITHM_BYTES = 1
DRAWER, FLOATS, TURNOVER, DUE, OTHER, DIFFERENCE, TIPS, KEPT, ROUNDING = 1, 2, 3, 4, 5, 6, 7, 8, 9
"""Codes of the ledger's accounts, as architecture.md gives them."""
SERIES_BITS = 40


class Shop(msgspec.Struct):
    """The raw rows of a shop: entries and their leaf hashes in order, and every other database by its stored keys."""

    entries: list[dict[str, Any]]
    leaves: list[str]
    places: list[int]
    commands: dict[bytes, bytes]
    checkpoints: dict[int, bytes]
    rows: dict[bytes, dict[bytes, Any]]
    """Rows of the tables "state" and "tickets" by their two-byte prefix, then by the rest of the key."""


def read_shop(env: lmdb.Environment) -> Shop:
    """Everything in one snapshot."""
    with env.begin() as txn:
        raw = {name: _database(env, txn, name) for name in ("entries", "commands", "checkpoints", "state", "tickets")}
    rows: dict[bytes, dict[bytes, Any]] = defaultdict(dict)
    for key, value in [*raw["state"].items(), *raw["tickets"].items()]:
        rows[key[:2]][key[2:]] = msgspec.msgpack.decode(value, strict=False)
    return Shop(
        entries=[json.loads(value) for value in raw["entries"].values()],
        leaves=[hashlib.sha256(b"\0" + value).hexdigest() for value in raw["entries"].values()],
        places=[_sequence(key) for key in raw["entries"]],
        commands=raw["commands"],
        checkpoints={_sequence(key): value for key, value in raw["checkpoints"].items()},
        rows=rows,
    )


def _database(env: lmdb.Environment, txn: Any, name: str) -> dict[bytes, bytes]:
    with txn.cursor(env.open_db(name.encode(), txn=txn, create=False)) as cursor:
        return {bytes(key): bytes(value) for key, value in cursor}


def _sequence(key: bytes) -> int:
    return int.from_bytes(key, "big") & ((1 << 48) - 1)


def walk(shop: Shop) -> list[Finding]:
    """Everything that does not fit."""
    return [*_sequences(shop), *_chains(shop), *_tree(shop), *_index(shop), *_numbers(shop), *Recount(shop).findings()]


def _corrupt(detail: str) -> Finding:
    return Finding(kind=Kind.CORRUPT, detail=detail)


def _sequences(shop: Shop) -> Iterator[Finding]:
    for expected, (place, entry) in enumerate(zip(shop.places, shop.entries, strict=True)):
        if place != expected or entry["seq"] != expected:
            yield Finding(kind=Kind.GAPS, detail=f"entry {entry['seq']} is filed as {place} where {expected} belongs")
            return
    if shop.rows[b"kl"][b"\0"][2] != len(shop.entries):
        yield _corrupt(f"the log says {shop.rows[b'kl'][bytes(1)][2]} entries, there are {len(shop.entries)}")


def _chains(shop: Shop) -> Iterator[Finding]:
    ends: dict[bytes, list[Any]] = {}
    for entry, leaf in zip(shop.entries, shop.leaves, strict=True):
        for link in entry["chain"]:
            code = CHAINS[link["of"]] + (TRAINING if entry["training"] else 0)
            key = entry["till"].to_bytes(2, "big") + bytes([code])
            n, previous = ends.get(key, [0, None])
            if link["n"] != n + 1:
                kind = Kind.DOUBLED if link["n"] <= n else Kind.GAPS
                yield Finding(kind=kind, detail=f"entry {entry['seq']}: {link['of']} {link['n']} follows {n}")
            if link["prev"] != previous:
                yield _corrupt(f"entry {entry['seq']} is not linked to the {link['of']} record before it")
            ends[key] = [link["n"], leaf]
    heads = {key: [row[0], row[1].hex()] for key, row in shop.rows[b"kh"].items()}
    if heads != ends:
        yield _corrupt(
            f"{sum(heads.get(key) != end for key, end in ends.items())} stored heads are not the chains' ends"
        )


def _tree(shop: Shop) -> Iterator[Finding]:
    """Every checkpoint's root and signature, and that there is one over the last entry."""
    vkeys = {int.from_bytes(key[2:], "big"): vkey for key, vkey in shop.rows[b"ky"].items()}
    origin = f"guichet/{shop.entries[0]['shop']}" if shop.entries else ""
    edge: list[tuple[int, bytes]] = []
    for size, leaf in enumerate(shop.leaves, 1):
        _append(edge, bytes.fromhex(leaf))
        stored = shop.checkpoints.get(size)
        if stored is None:
            continue
        key, root, signature = int.from_bytes(stored[:2], "big"), stored[2:34], stored[34:]
        if root != _root(edge):
            yield _corrupt(f"the checkpoint over {size} entries has another root")
        text = f"{origin}\n{size}\n{_base64(root)}\n".encode()
        if key not in vkeys or not _signed(vkeys[key], signature, text):
            yield _corrupt(f"the checkpoint over {size} entries is not signed by key {key}")
    if max(shop.checkpoints, default=0) != len(shop.entries):
        yield _corrupt(f"the last checkpoint covers {max(shop.checkpoints, default=0)} of {len(shop.entries)} entries")


@functools.lru_cache(maxsize=4096)
def _signed(vkey: str, signature: bytes, text: bytes) -> bool:
    """Whether the signature holds; remembered, because the images of one run share most of theirs."""
    public = Ed25519PublicKey.from_public_bytes(b64decode(vkey.split("+", 2)[2])[VKEY_ALGORITHM_BYTES:])
    try:
        public.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _append(edge: list[tuple[int, bytes]], leaf: bytes) -> None:
    size, node = 1, leaf
    while edge and edge[-1][0] == size:
        node = hashlib.sha256(b"\1" + edge.pop()[1] + node).digest()
        size *= 2
    edge.append((size, node))


def _root(edge: list[tuple[int, bytes]]) -> bytes:
    node = edge[-1][1]
    for _, left in reversed(edge[:-1]):
        node = hashlib.sha256(b"\1" + left + node).digest()
    return node


def _index(shop: Shop) -> Iterator[Finding]:
    """Accepted commands and the index of ids are one and the same; an entry of the engine's own is in no index."""
    named = [entry for entry in shop.entries if entry["mac"] != "0" * 32]
    for id, times in Counter(entry["cmd"] for entry in named).items():
        if times > 1:
            yield Finding(kind=Kind.DOUBLED, detail=f"command {id} was accepted {times} times")
    meant = {
        bytes.fromhex(entry["cmd"]): bytes.fromhex(entry["mac"])
        + (entry["gen"] << 48 | entry["seq"]).to_bytes(8, "big")
        for entry in named
    }
    if meant != shop.commands:
        yield _corrupt(f"the index holds {len(shop.commands)} ids and does not fit the {len(meant)} commands")


def _numbers(shop: Shop) -> Iterator[Finding]:
    """Accounting numbers of each series: 1, 2, 3 and so on, and the ticket's row where the entry stands."""
    last: dict[int, int] = defaultdict(int)
    for entry in shop.entries:
        for record in entry["rec"]:
            if record["is"] not in {"sales.posted", "sales.refunded"}:
                continue
            series, no = record["series"], record["no"]
            if no != last[series] + 1:
                kind = Kind.DOUBLED if no <= last[series] else Kind.GAPS
                yield Finding(kind=kind, detail=f"ticket {no} of series {series} follows {last[series]}")
            last[series] = no
            row = shop.rows[b"tk"].get(series.to_bytes(2, "big") + no.to_bytes(8, "big"))
            if row is None or row[0] != entry["gen"] << 48 | entry["seq"]:
                yield _corrupt(f"the row of ticket {no} of series {series} does not lead to its entry")


class Recount:
    """Running totals and the ledger, added up again from the records."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._ledger: dict[tuple[int, int], int] = defaultdict(int)
        self._tills: dict[int, list[int]] = {}
        self._left: dict[int, int] = {}
        """Per till: session, tickets, turnover of the session; turnover since ever and in absolute value."""
        for entry in shop.entries:
            for record in entry["rec"]:
                self._take(entry, record)

    def _take(self, entry: dict[str, Any], record: dict[str, Any]) -> None:
        till, real = entry["till"], not entry["training"]
        match record["is"]:
            case "cash.opened":
                before = self._tills.get(till, [0, 0, 0, 0, 0])
                self._tills[till] = [record["session"], 0, 0, *before[3:]]
                if real:
                    left = self._left.get(till)
                    surplus = record["float_in"] - (left or 0)
                    self._move(DRAWER, till, surplus, FLOATS if left is None else DIFFERENCE, till)
            case "cash.closed":
                if real:
                    cash = [count for count in record["counts"] if count["type"] == "cash"]
                    self._move(DRAWER, till, sum(count["variance"] for count in cash), DIFFERENCE, till)
                    carried = sum(count["counted"] for count in cash) - record["float_out"]
                    self._move(FLOATS, till, carried, DRAWER, till)
                    self._left[till] = record["float_out"]
            case "sales.posted" | "sales.refunded":
                row, total = self._tills[till], record["total"]
                row[1] += 1
                row[2] += total
                if real:
                    row[3] += total
                    row[4] += abs(total)
                    self._ledger[TURNOVER, till] -= total
                    owner = record["of"] if record["is"] == "sales.refunded" else record
                    self._ledger[DUE, record["series"] << SERIES_BITS | owner["no"]] += record["due"]
                    self._legs(till, record["legs"])
            case "sales.paid":
                if real:
                    paid = sum(leg["counted"] + leg["rounding"] for leg in record["legs"])
                    self._ledger[DUE, record["of"]["series"] << SERIES_BITS | record["of"]["no"]] -= paid
                    self._legs(till, record["legs"])

    def _move(self, to: int, to_id: int, amount: int, source: int, source_id: int) -> None:
        self._ledger[to, to_id] += amount
        self._ledger[source, source_id] -= amount

    def _legs(self, till: int, legs: list[dict[str, Any]]) -> None:
        for leg in legs:
            account = (DRAWER, till) if leg["type"] == "cash" else (OTHER, leg["mode"])
            self._ledger[account] += leg["tendered"] - leg["change"]
            self._ledger[TIPS, till] -= leg["tip"]
            self._ledger[KEPT, till] -= leg["kept"]
            self._ledger[ROUNDING, till] += leg["rounding"]

    def findings(self) -> Iterator[Finding]:
        """What the stored totals and balances say otherwise."""
        stored = {
            (int.from_bytes(key[:2], "big"), int.from_bytes(key[2:], "big")): row[0]
            for key, row in self._shop.rows[b"lb"].items()
        }
        for account in sorted(stored.keys() | self._ledger.keys()):
            if stored.get(account, 0) != self._ledger.get(account, 0):
                text = (
                    f"account {account} holds {stored.get(account, 0)}, the records make {self._ledger.get(account, 0)}"
                )
                yield _corrupt(text)
        if sum(stored.values()):
            yield _corrupt(f"the ledger is out by {sum(stored.values())}")
        for till, sums in self._tills.items():
            row = self._shop.rows[b"ht"].get(till.to_bytes(2, "big"))
            said = [row[0], row[12][3], row[12][5], row[10], row[11]] if row else None
            if said != sums:
                yield _corrupt(f"till {till}: session, tickets and turnovers are {said}, the records make {sums}")


def operations(shop: Shop, attempted: int) -> list[Finding]:
    """Whatever is there was asked for; an operation is there group by group, each group whole."""
    known: dict[str, tuple[int, int]] = {}
    findings = []
    for op in range(engine_ops.SETUP_OP, attempted):
        earlier_missing = False
        for group in engine_ops.accepted(op):
            ids = [engine_ops.id_of(op, number) for number in group]
            known.update({id.hex(): (op, number) for id, number in zip(ids, group, strict=True)})
            there = [id in shop.commands for id in ids]
            if any(there) and (earlier_missing or not all(there)):
                name = engine_ops.name_of(op)
                findings.append(_corrupt(f"operation {op} ({name}) is half done: {sum(there)} of {len(there)}"))
            earlier_missing = earlier_missing or not all(there)
    findings += [
        Finding(kind=Kind.LEAKED, detail=f"entry {entry['seq']} holds a command {entry['cmd']} that nobody sent")
        for entry in shop.entries
        if entry["mac"] != "0" * 32 and entry["cmd"] not in known
    ]
    return findings
