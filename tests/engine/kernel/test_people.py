"""The people store: encrypted per person, bound to its place, erasable."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.kernel.disk import SMALL
from engine.kernel.entropy import SeededEntropy
from engine.kernel.errors import Fault, IntegrityFault, KeyFault, StoreFault
from engine.kernel.people import PeopleStore, make_people_key

NAME = {"name": "Élodie Martin", "email": None}
SALT = b"s" * 32


@pytest.fixture
def people(tmp_path: Path) -> Iterator[PeopleStore]:
    make_people_key(tmp_path, SeededEntropy(1))
    store = opened(tmp_path)
    yield store
    store.close()


def opened(path: Path, *, shop: str = "aa" * 16, writable: bool = True) -> PeopleStore:
    return PeopleStore(path, shop, SMALL, writable=writable, entropy=SeededEntropy(2))


def test_an_opening_is_read_back_and_nothing_of_it_is_legible_on_disk(people: PeopleStore, tmp_path: Path) -> None:
    people.put_many([(3, 7, 99, NAME, SALT)])

    assert people.opening(3, 7, 99) == (SALT, NAME)
    assert people.fields(3, 7, 98) is None
    data = (tmp_path / "people" / "data.mdb").read_bytes()
    assert "Élodie".encode() not in data
    assert SALT not in data


def test_a_row_moved_to_another_place_or_another_shop_does_not_open(people: PeopleStore, tmp_path: Path) -> None:
    people.put_many([(3, 7, 99, NAME, SALT)])
    assert people._env is not None
    with people._env.begin(write=True) as txn:
        key = bytes.fromhex("0003") + (7).to_bytes(8, "big") + (99).to_bytes(8, "big")
        moved = bytes.fromhex("0003") + (8).to_bytes(8, "big") + (99).to_bytes(8, "big")
        txn.put(moved, txn.get(key) or b"")

    with pytest.raises(IntegrityFault):
        people.opening(3, 8, 99)
    people.close()
    other = opened(tmp_path, shop="bb" * 16)
    with pytest.raises(IntegrityFault):
        other.opening(3, 7, 99)
    other.close()


def test_erasing_takes_every_version_of_one_person_and_of_nobody_else(people: PeopleStore) -> None:
    rows = [(kind, id, version) for kind in (3, 4) for id in (6, 7, 8) for version in (1, 2, 2**63)]
    people.put_many((*row, NAME, SALT) for row in rows)

    assert people.erase(3, 7) == 3
    assert people.erase(3, 7) == 0
    assert [row for row in rows if people.fields(*row) is None] == [row for row in rows if row[:2] == (3, 7)]


def test_dropping_takes_single_versions(people: PeopleStore) -> None:
    people.put_many((3, 7, version, NAME, SALT) for version in (1, 2))

    assert people.drop([(3, 7, 2), (3, 7, 5)]) == 1
    assert people.fields(3, 7, 1) == NAME
    assert people.fields(3, 7, 2) is None


def test_a_copy_holds_everybody_who_is_left_and_no_trace_of_the_others(people: PeopleStore, tmp_path: Path) -> None:
    people.put_many([(3, 7, 1, NAME, SALT), (3, 8, 1, NAME, SALT)])
    assert people._env is not None
    with people._env.begin() as txn:
        erased = txn.get(bytes.fromhex("0003") + (7).to_bytes(8, "big") + (1).to_bytes(8, "big"))
    people.erase(3, 7)

    people.copy(tmp_path / "copy")

    assert erased is not None
    assert erased[-32:] not in (tmp_path / "copy" / "data.mdb").read_bytes()


def test_a_reader_reads_and_never_writes(people: PeopleStore, tmp_path: Path) -> None:
    people.put_many([(3, 7, 1, NAME, SALT)])
    people.close()
    reader = opened(tmp_path, writable=False)

    assert reader.fields(3, 7, 1) == NAME
    for write in (lambda: reader.put_many([(3, 7, 2, NAME, SALT)]), lambda: reader.erase(3, 7)):
        with pytest.raises(StoreFault) as fault:
            write()
        assert fault.value.code == "people.read_only"
    reader.close()


@pytest.mark.parametrize("content", [None, b"", b"zz", b"00" * 16, b"00" * 33])
def test_a_key_that_is_missing_or_malformed_stops_the_writer_and_blinds_the_reader(
    people: PeopleStore, tmp_path: Path, content: bytes | None
) -> None:
    people.put_many([(3, 7, 1, NAME, SALT)])
    people.close()
    key = tmp_path / "keys" / "people.key"
    key.unlink()
    if content is not None:
        key.write_bytes(content)

    with pytest.raises(KeyFault):
        opened(tmp_path)
    reader = opened(tmp_path, writable=False)
    assert reader.fields(3, 7, 1) is None
    reader.close()


def test_another_key_finds_everybody_altered(people: PeopleStore, tmp_path: Path) -> None:
    people.put_many([(3, 7, 1, NAME, SALT)])
    people.close()
    make_people_key(tmp_path, SeededEntropy(9))
    store = opened(tmp_path)

    with pytest.raises(Fault) as fault:
        store.fields(3, 7, 1)
    store.close()

    assert fault.value.code == "people.damaged"
    assert "Martin" not in str(fault.value)
