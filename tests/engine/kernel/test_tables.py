"""The writer's rows against a plain dict, and the numbers that tables, accounts and kinds were given for ever."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.features import FEATURES
from engine.kernel import tables
from engine.kernel.ledger import AccountClass
from engine.kernel.tables import Snapshot, Table, Working


class Count(msgspec.Struct, array_like=True):
    """A row that is changed in place."""

    n: int


ROWS = Table("test.rows", b"zr", ">HQ", Count)
NAMES = Table("test.names", b"zn", ">HB16s", bytes, db="rows")


class Memory:
    """A transaction over dicts."""

    def __init__(self) -> None:
        self.dbs: dict[str, dict[bytes, bytes]] = {"state": {}, "rows": {}}

    def get(self, db: str, key: bytes) -> bytes | None:
        return self.dbs[db].get(key)

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        assert items == sorted(items)
        self.dbs[db].update(items)

    def delete(self, db: str, key: bytes) -> None:
        self.dbs[db].pop(key, None)

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        keys = sorted((key for key in self.dbs[db] if start <= key < stop), reverse=reverse)
        return iter([(key, self.dbs[db][key]) for key in keys])


KEYS = st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 255, 256, 2**64 - 1]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(-5, 5)),
        st.tuples(st.just("add"), KEYS, st.integers(-5, 5)),
        st.tuples(st.just("delete"), KEYS, st.just(0)),
        st.tuples(st.just("scan"), KEYS, st.booleans()),
        st.tuples(st.just("next group"), KEYS, st.just(0)),
        st.tuples(st.just("abort"), KEYS, st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from([0, 200_000]))
def test_working_rows_are_a_dict_whatever_is_cached_flushed_or_taken_back(steps: list[Any], cached: int) -> None:
    disk = Memory()
    model: dict[tuple[int, int], int] = {}
    before: dict[tuple[int, int], int] = {}
    rows = Working()
    patch = pytest.MonkeyPatch()
    patch.setattr(tables, "CACHE_ROWS_MAX", cached)
    saved = {db: dict(kept) for db, kept in disk.dbs.items()}
    rows.begin(disk)
    for what, key, value in steps:
        row = rows.get(ROWS, *key)
        assert (None if row is None else row.n) == model.get(key)
        if what == "put":
            rows.put(ROWS, Count(value), *key)
            model[key] = value
        elif what == "add":
            row = row or Count(0)
            row.n += value
            rows.put(ROWS, row, *key)
            model[key] = model.get(key, 0) + value
        elif what == "delete":
            rows.delete(ROWS, *key)
            model.pop(key, None)
        elif what == "scan":
            found = [(place, row.n) for place, row in rows.scan(ROWS, key[0], reverse=value)]
            assert found == sorted(((k, n) for k, n in model.items() if k[0] == key[0]), reverse=value)
        elif what == "next group":
            rows.flush()
            before, saved = dict(model), {db: dict(kept) for db, kept in disk.dbs.items()}
            rows.begin(disk)
        else:
            rows.forget()
            model, disk.dbs = dict(before), {db: dict(kept) for db, kept in saved.items()}
            rows.begin(disk)
    rows.flush()
    patch.undo()

    assert {place: row.n for place, row in Snapshot(disk).scan(ROWS)} == model


@settings(max_examples=100, deadline=None)
@given(st.lists(KEYS, unique=True), KEYS, st.booleans(), st.integers(0, 4))
def test_a_scan_pages_behind_a_key_in_either_direction(
    keys: list[tuple[int, int]], after: tuple[int, int], reverse: bool, limit: int
) -> None:
    disk = Memory()
    disk.put_many("state", sorted((ROWS.pack(*key), ROWS.encode(Count(1))) for key in keys))

    found = [key for key, _ in Snapshot(disk).scan(ROWS, after[0], after=after, reverse=reverse, limit=limit)]

    beyond = [key for key in keys if key[0] == after[0] and (key[1] < after[1] if reverse else key[1] > after[1])]
    assert found == sorted(beyond, reverse=reverse)[:limit]


def test_a_partial_key_may_be_as_long_as_the_whole_even_with_bytes_in_it() -> None:
    disk = Memory()
    digests = [bytes([n]) * 16 for n in (0, 7, 255)]
    disk.put_many("rows", [(NAMES.pack(1, 2, digest), NAMES.encode(digest)) for digest in digests])

    found = [[key[2] for key, _ in Snapshot(disk).scan(NAMES, 1, 2, digest)] for digest in digests]

    assert found == [[digest] for digest in digests]
    assert [key[2] for key, _ in Snapshot(disk).scan(NAMES, 1, 2)] == digests


def _everything(wanted: type) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, wanted):
                found[id(value)] = value
    return found


def test_no_two_tables_share_a_prefix_or_a_name() -> None:
    found = list(_everything(Table).values())

    assert len(found) > 10
    assert len({table.prefix for table in found}) == len(found)
    assert len({table.name for table in found}) == len(found)


def test_no_two_account_classes_and_no_two_kinds_share_a_code() -> None:
    accounts = list(_everything(AccountClass).values())
    kinds = list(FEATURES.kinds.values())

    assert len(accounts) > 5
    assert len({account.code for account in accounts}) == len(accounts)
    assert len({account.name for account in accounts}) == len(accounts)
    assert len({kind.code for kind in kinds}) == len(kinds)
