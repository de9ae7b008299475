"""The smallest honest store on LMDB, and the same with one planted bug each, to prove that the campaigns have teeth.

One transaction per ticket writes the record (appended, chained by hash), the idempotency key, the head and the running
total. A planted bug is a workload like any other; `test_tools.py` demands that the campaigns convict each of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lmdb
from workload import Ack, Finding, Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAP_BYTES = 64 << 20
BODY_BYTES_MAX = 3_000
META_BYTES = 8_192
GENESIS = bytes(32)
SEQ = struct.Struct(">Q")
HEAD = struct.Struct(">Q32sQ")
"""Last number, its hash, running total in minor units."""
FIXED = struct.Struct(">QQQ32sQ")
"""Number, operation, amount in minor units, hash of the record before, clock; the body follows."""


def key_of(op: int) -> bytes:
    """The idempotency key of an operation: random-looking, so that keys fall on many pages."""
    return hashlib.sha256(b"key" + SEQ.pack(op)).digest()[:16]


def content_of(op: int) -> tuple[int, bytes]:
    """What operation `op` asks for: an amount and a body whose size varies, so that pages split and overflow."""
    seed = hashlib.sha256(b"content" + SEQ.pack(op)).digest()
    length = 40 + int.from_bytes(seed[:2], "big") % (BODY_BYTES_MAX if seed[2] < 40 else 300)
    return int.from_bytes(seed[3:6], "big"), (seed * (length // len(seed) + 1))[:length]


class PlainSession:
    """An open plain store."""

    def __init__(self, workload: PlainLmdb, directory: Path) -> None:
        self._workload = workload
        if workload.meta_rewrite:
            _write_metas_again(directory / "data.mdb")
        self.env = workload.environment(directory)
        self._late: Any = None
        try:
            if workload.sync_on_open:
                self.env.sync(True)
            self._records, self._keys, self._state = (self.env.open_db(name) for name in workload.TABLES)
        except BaseException:
            self.env.close()
            raise

    def do(self, op: int) -> Ack:
        """Seals the ticket of operation `op`, or gives its first answer again."""
        if self._workload.early_ack:
            return self._do_early(op)
        with self.env.begin(write=True) as txn:
            ack = self._seal(txn, op)
            if not self._workload.key_outside:
                self._remember(txn, ack)
        if self._workload.key_outside:
            with self.env.begin(write=True) as txn:
                self._remember(txn, ack)
        return ack

    def _do_early(self, op: int) -> Ack:
        """The planted bug of answering first and committing with the next ticket."""
        if self._late is not None:
            late, self._late = self._late, None
            late.commit()
        self._late = self.env.begin(write=True)
        ack = self._seal(self._late, op)
        self._remember(self._late, ack)
        return ack

    def _seal(self, txn: Any, op: int) -> Ack:
        known = None if self._workload.no_key else txn.get(key_of(op), db=self._keys)
        if known is not None:
            return Ack(op=op, seq=SEQ.unpack(known[:8])[0], proof=known[8:].hex())
        head = txn.get(b"head", db=self._state)
        last, previous, total = HEAD.unpack(head) if head else (0, GENESIS, 0)
        amount, body = content_of(op)
        self._workload.clock += 1
        record = FIXED.pack(last + 1, op, amount, previous, self._workload.clock) + body
        digest = hashlib.sha256(record).digest()
        txn.put(SEQ.pack(last + 1), record + digest, db=self._records, append=True)
        txn.put(b"head", HEAD.pack(last + 1, digest, total + amount), db=self._state)
        return Ack(op=op, seq=last + 1, proof=digest.hex())

    def _remember(self, txn: Any, ack: Ack) -> None:
        txn.put(key_of(ack.op), SEQ.pack(ack.seq) + bytes.fromhex(ack.proof), db=self._keys)

    def rows(self) -> tuple[list[bytes], dict[bytes, bytes], bytes | None, list[bytes]]:
        """Records, keys and head of one snapshot; and the numbers the records are filed under."""
        with self.env.begin() as txn:
            filed = [(bytes(key), bytes(value)) for key, value in txn.cursor(db=self._records)]
            keys = {bytes(key): bytes(value) for key, value in txn.cursor(db=self._keys)}
            head = txn.get(b"head", db=self._state)
        return [value for _, value in filed], keys, head, [key for key, _ in filed]

    def close(self) -> None:
        """Closes the environment; a late ticket is committed, as an orderly shutdown would."""
        try:
            if self._late is not None:
                late, self._late = self._late, None
                late.commit()
        finally:
            self.env.close()


class PlainLmdb:
    """A `Workload`; every keyword but `name` and `lib_version` is a promise that a planted bug breaks."""

    TABLES = (b"records", b"keys", b"state")

    def __init__(
        self,
        name: str,
        *,
        sync: bool = True,
        metasync: bool = True,
        sync_on_open: bool = True,
        meta_rewrite: bool = True,
        folder_sync: bool = True,
        early_ack: bool = False,
        key_outside: bool = False,
        no_key: bool = False,
        lib_version: int = 0,
    ) -> None:
        self.name = name
        self.clock = 0
        """Moves on at each attempt, as time does: a second attempt never writes the bytes of the first."""
        self.sync, self.metasync, self.lib_version = sync, metasync, lib_version
        self.sync_on_open, self.meta_rewrite, self.folder_sync = sync_on_open, meta_rewrite, folder_sync
        self.early_ack, self.key_outside, self.no_key = early_ack, key_outside, no_key

    def environment(self, directory: Path) -> lmdb.Environment:
        """The environment with the flags under test."""
        return lmdb.open(
            str(directory),
            map_size=MAP_BYTES,
            max_dbs=len(self.TABLES),
            sync=self.sync,
            metasync=self.metasync,
            writemap=False,
            lock=True,
            lib_version=self.lib_version,
        )

    def create(self, directory: Path) -> None:
        """Builds the store beside its place, makes it durable, then gives it its name (S13)."""
        if not directory.exists():
            fresh = directory.with_name(directory.name + ".new")
            with suppress(FileNotFoundError):
                shutil.rmtree(fresh)
            fresh.mkdir()
            env = self.environment(fresh)
            try:
                for name in self.TABLES:
                    env.open_db(name)
                env.sync(True)
            finally:
                env.close()
            if self.folder_sync:
                _sync_folder(fresh)
            fresh.rename(directory)
        if self.folder_sync:
            _sync_folder(directory.parent)

    def open(self, directory: Path) -> PlainSession:
        """Opens the store for selling."""
        return PlainSession(self, directory)

    def verify(self, directory: Path, acks: Sequence[Ack], attempted: int) -> Verdict:
        """Walks chain, index, head and total, then compares with what was acknowledged."""
        session = self.open(directory)
        try:
            records, keys, head, filed = session.rows()
        finally:
            session.close()
        findings = [*_chain_findings(records, filed, head), *_key_findings(records, keys)]
        sound = not findings
        by_op: dict[int, list[tuple[int, str]]] = {}
        for record in records:
            seq, op, *_ = FIXED.unpack(record[: FIXED.size])
            by_op.setdefault(op, []).append((seq, record[-32:].hex()))
        findings += _ack_findings(by_op, acks, attempted, sound=sound)
        return Verdict(findings=tuple(findings), unacked=len(by_op.keys() - {ack.op for ack in acks}))


def _chain_findings(records: list[bytes], filed: list[bytes], head: bytes | None) -> Iterator[Finding]:
    previous, total, expected = GENESIS, 0, 1
    for record, place in zip(records, filed, strict=True):
        seq, _, amount, before, _ = FIXED.unpack(record[: FIXED.size])
        digest = hashlib.sha256(record[:-32]).digest()
        if seq != expected or place != SEQ.pack(seq):
            yield Finding(kind=Kind.GAPS, detail=f"number {seq} filed under {place.hex()} where {expected} belongs")
        if before != previous or digest != record[-32:]:
            yield Finding(kind=Kind.CORRUPT, detail=f"the chain breaks at number {seq}")
        previous, total, expected = record[-32:], total + amount, seq + 1
    if HEAD.pack(expected - 1, previous, total) != (head or HEAD.pack(0, GENESIS, 0)):
        yield Finding(kind=Kind.CORRUPT, detail=f"head or total do not fit the {len(records)} records")


def _key_findings(records: list[bytes], keys: dict[bytes, bytes]) -> Iterator[Finding]:
    meant = {key_of(FIXED.unpack(record[: FIXED.size])[1]): record[:8] + record[-32:] for record in records}
    if meant != keys:
        yield Finding(kind=Kind.CORRUPT, detail=f"{len(keys)} keys do not fit the {len(records)} records")


def _ack_findings(
    by_op: dict[int, list[tuple[int, str]]], acks: Sequence[Ack], attempted: int, *, sound: bool
) -> Iterator[Finding]:
    for op, places in by_op.items():
        if len(places) > 1:
            yield Finding(kind=Kind.DOUBLED, detail=f"operation {op} has the numbers {[seq for seq, _ in places]}")
        if op >= attempted:
            yield Finding(kind=Kind.LEAKED, detail=f"operation {op} was never asked for")
    for ack in acks:
        places = by_op.get(ack.op, [])
        if not places:
            yield Finding(kind=Kind.LOST, detail=f"operation {ack.op}, acknowledged as number {ack.seq}")
        elif (ack.seq, ack.proof) not in places and sound:
            yield Finding(
                kind=Kind.UNDETECTED, detail=f"operation {ack.op} reads {places[0]}, not {ack.seq} {ack.proof}"
            )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_metas_again(data: Path) -> None:
    """Writes the two meta pages over themselves, through O_DSYNC, before LMDB opens the file.

    After a failed sync Linux calls a page clean that never reached the disk, and a later sync passes over it. Writing
    the same bytes makes the page dirty again, so what readers see and what the disk holds agree before the next ticket.
    """
    descriptor = os.open(data, os.O_RDWR | os.O_DSYNC)
    try:
        metas = os.pread(descriptor, META_BYTES, 0)
        if os.pwrite(descriptor, metas, 0) != len(metas):
            raise OSError(f"short write of the meta pages of {data}")
    finally:
        os.close(descriptor)


PLAIN = PlainLmdb("plain")
PLAIN_LMDB1 = PlainLmdb("plain-lmdb1", lib_version=1)
NO_SYNC = PlainLmdb("plain-no-sync", sync=False, sync_on_open=False, meta_rewrite=False)
NO_METASYNC = PlainLmdb("plain-no-metasync", metasync=False)
NO_SYNC_ON_OPEN = PlainLmdb("plain-no-sync-on-open", sync_on_open=False, meta_rewrite=False)
NO_META_REWRITE = PlainLmdb("plain-no-meta-rewrite", meta_rewrite=False)
EARLY_ACK = PlainLmdb("plain-early-ack", early_ack=True)
KEY_OUTSIDE = PlainLmdb("plain-key-outside", key_outside=True)
NO_KEY = PlainLmdb("plain-no-key", no_key=True)
NO_FOLDER_SYNC = PlainLmdb("plain-no-folder-sync", folder_sync=False)
