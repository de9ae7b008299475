"""The people store: personal fields in an environment of their own, encrypted per person, erasable for good.

An entry holds only a salted commitment. The opening (salt and fields) lies here under (kind, id, version); erasing a
person deletes the rows and with them the key and the salt, so that the commitment proves and tells nothing any more.
"""

import contextlib
import os
import shutil
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import lmdb
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.kernel import disk
from engine.kernel.disk import Limits
from engine.kernel.entropy import Entropy
from engine.kernel.errors import IntegrityFault, KeyFault, StoreFault

KEY_BYTES = 32
NONCE_BYTES = 12
_KEY = struct.Struct(">HQQ")

PersonKey = tuple[int, int, int]
"""(kind code, id, position of the version)."""


class _Stored(msgspec.Struct, array_like=True):
    wrapped: bytes
    sealed: bytes


class _Opening(msgspec.Struct, array_like=True):
    salt: bytes
    fields: dict[str, Any]


def make_people_key(shop: Path, entropy: Entropy) -> None:
    """Makes the key that wraps each person's own key, mode 0600."""
    (shop / "keys").mkdir(mode=0o700, exist_ok=True)
    disk.write_durably(shop / "keys" / "people.key", entropy.take(KEY_BYTES).hex().encode() + b"\n", mode=0o600)


class PeopleStore:
    """A shop's people: written by the engine before the entry that refers to them, read by anyone with the key."""

    def __init__(self, shop: Path, shop_id: str, limits: Limits, *, writable: bool, entropy: Entropy | None) -> None:
        self._shop = shop_id.encode()
        self._entropy = entropy
        self._pid = os.getpid()
        self._path = shop / "people"
        self._limits = limits
        self._writable = writable
        self._suspect = False
        self._env: lmdb.Environment | None = None
        try:
            key = bytes.fromhex((shop / "keys" / "people.key").read_text(encoding="ascii"))
            if len(key) != KEY_BYTES:
                raise ValueError(f"it has {len(key)} bytes, not {KEY_BYTES}")
        except (OSError, ValueError) as error:
            if writable:
                raise KeyFault("people.no_key", f"the people store's key cannot be read ({error})") from error
            return
        self._wrap = AESGCM(key)
        self._start()

    def _start(self) -> None:
        data = self._path / "data.mdb"
        if not self._writable and not data.exists():
            return
        try:
            if self._writable:
                if not data.exists():
                    self._make(data)
                # The names too, at every open: a power cut must not take a store that was made with an open before.
                disk.sync_directory(self._path)
                disk.sync_directory(self._path.parent)
            disk.require_whole(data)
            if self._writable:
                disk.write_metas_again(data)
            self._env = self._open(self._path, create=False)
            if self._writable:
                self._env.sync(True)
        except (lmdb.Error, OSError) as error:
            self.close()
            raise StoreFault("people.open", f"{self._path} cannot be opened: {error}", retry=True) from error

    def _open(self, path: Path, *, create: bool) -> lmdb.Environment:
        return lmdb.open(
            str(path),
            map_size=self._limits.map_bytes,
            readonly=not self._writable,
            create=create,
            mode=0o600,
            sync=True,
            metasync=True,
            writemap=False,
            lock=True,
            lib_version=0,
        )

    def _make(self, data: Path) -> None:
        """Rule S13: a file without meta pages never bears the store's name, whenever the power goes."""
        fresh = self._path.with_name("people.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        env = self._open(fresh, create=True)
        try:
            env.sync(True)
        finally:
            env.close()
        self._path.mkdir(mode=0o700, exist_ok=True)
        (fresh / data.name).rename(data)
        shutil.rmtree(fresh)

    def reopen(self) -> None:
        """Closes and opens again after a failed commit, as the store does (S3)."""
        self.close()
        self._start()
        self._suspect = False

    @contextlib.contextmanager
    def _writing(self) -> Iterator[lmdb.Transaction]:
        """A durable transaction; after one that failed the environment is opened again first (S3)."""
        if not self._writable or self._entropy is None or os.getpid() != self._pid:
            raise StoreFault("people.read_only", "the people store was opened for reading")
        try:
            if self._suspect or self._env is None:
                self.reopen()
            assert self._env is not None
            with self._env.begin(write=True) as txn:
                yield txn
        except (lmdb.Error, OSError) as error:
            self._suspect = True
            raise StoreFault("people.failed", f"the people store failed: {error}", retry=True) from error

    def _aad(self, key: bytes) -> bytes:
        return self._shop + b"\0" + key

    def put_many(self, rows: Iterable[tuple[int, int, int, Mapping[str, Any], bytes]]) -> None:
        """Stores openings (kind, id, version, fields, salt) in one durable transaction."""
        with self._writing() as txn:
            for kind, id, version, fields, salt in rows:
                txn.put(_KEY.pack(kind, id, version), self._seal(_KEY.pack(kind, id, version), fields, salt))

    def _seal(self, key: bytes, fields: Mapping[str, Any], salt: bytes) -> bytes:
        assert self._entropy is not None
        take = self._entropy.take
        own, nonce, second = take(KEY_BYTES), take(NONCE_BYTES), take(NONCE_BYTES)
        opening = msgspec.msgpack.encode(_Opening(salt, dict(fields)))
        stored = _Stored(
            nonce + self._wrap.encrypt(nonce, own, self._aad(key)),
            second + AESGCM(own).encrypt(second, opening, self._aad(key)),
        )
        return msgspec.msgpack.encode(stored)

    def drop(self, keys: Iterable[PersonKey]) -> int:
        """Deletes single versions that no entry refers to; returns how many were there."""
        packed = [_KEY.pack(*key) for key in keys]
        there = [key for key in packed if self._get(key) is not None]
        if there:
            with self._writing() as txn:
                for key in there:
                    txn.delete(key)
        return len(there)

    def _get(self, key: bytes) -> bytes | None:
        if self._env is None:
            return None
        try:
            with self._env.begin() as txn:
                return txn.get(key)
        except lmdb.Error as error:
            self._suspect = True
            raise StoreFault("people.failed", f"the people store cannot be read: {error}", retry=True) from error

    def fields(self, kind: int, id: int, version: int) -> Mapping[str, Any] | None:
        """The personal fields of one version of a row, or None where they were erased or never there."""
        opening = self.opening(kind, id, version)
        return None if opening is None else opening[1]

    def opening(self, kind: int, id: int, version: int) -> tuple[bytes, dict[str, Any]] | None:
        """(salt, fields): what the commitment in the journal can be checked with."""
        key = _KEY.pack(kind, id, version)
        data = self._get(key)
        if data is None:
            return None
        stored = msgspec.msgpack.decode(data, type=_Stored)
        try:
            own = self._wrap.decrypt(stored.wrapped[:NONCE_BYTES], stored.wrapped[NONCE_BYTES:], self._aad(key))
            plain = AESGCM(own).decrypt(stored.sealed[:NONCE_BYTES], stored.sealed[NONCE_BYTES:], self._aad(key))
        except InvalidTag as error:
            raise IntegrityFault(
                "people.damaged", f"the personal data of row {id} of kind {kind} were altered"
            ) from error
        opening = msgspec.msgpack.decode(plain, type=_Opening)
        return opening.salt, opening.fields

    def erase(self, kind: int, id: int) -> int:
        """Deletes every version of a person; returns how many there were. The caller seals that it happened."""
        erased = 0
        with self._writing() as txn, txn.cursor() as cursor:
            prefix = _KEY.pack(kind, id, 0)[:10]
            found = cursor.set_range(prefix)
            while found and bytes(cursor.key())[:10] == prefix:
                found = cursor.delete()
                erased += 1
        return erased

    def copy(self, target: Path) -> None:
        """A compacted copy, from which erased bytes are gone too (reliability 3.11)."""
        if self._env is not None:
            target.mkdir(mode=0o700)
            self._env.copy(str(target), compact=True)

    def close(self) -> None:
        """Closes the environment."""
        if self._env is not None and os.getpid() == self._pid:
            self._env.close()
        self._env = None
