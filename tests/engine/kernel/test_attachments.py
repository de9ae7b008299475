"""Personal fields and secrets beside their entries, when groups are taken back and rows removed."""

from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.kernel.attachments import secret_key
from engine.kernel.errors import StoreFault
from engine.kernel.people import PeopleStore

THINGS = 901


def people(shop: Shop) -> PeopleStore:
    store: PeopleStore | None = shop.engine._people
    assert store is not None
    return store


def stored_rows(shop: Shop) -> int:
    env = people(shop)._env
    assert env is not None
    return int(env.stat()["entries"])


def named(shop: Shop, name: str, how: str = "") -> list[str]:
    """Puts thing 1 with a person's name, in one group with a command that fails in the way asked for."""
    sent = [shop.envelope("things.put", {"id": 1, "row": {"title": "a", "name": name}})]
    if how:
        sent.append(shop.envelope("toy.add", {"count": 1, "how": how}))
    return [answer.status for answer in shop.engine.submit(sent)]


def test_somebody_whose_entry_never_came_is_not_shown_with_the_row_that_took_its_place(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.kernel.attachments.Attachments.take_back", lambda self, end: None)  # as after a crash
    monkeypatch.setattr(
        toy.engine._store, "commit", lambda txn: (_ for _ in ()).throw(StoreFault("store.commit_unknown", "cut"))
    )
    lost = named(toy, "Élodie Martin")
    monkeypatch.undo()

    toy.do("things.put", {"id": 1, "row": {"title": "a"}})

    assert lost == ["fault"]
    assert "name" not in {key for key, value in toy.ask("things.get", {"id": 1}).items() if value}
    assert stored_rows(toy) == 0


@pytest.mark.parametrize("how", ["bug", "bad-fold"])
def test_a_group_taken_back_takes_its_persons_along(toy: Shop, how: str) -> None:
    statuses = named(toy, "Élodie Martin", how)

    assert statuses == ["done", "fault"]
    assert stored_rows(toy) == 1
    assert toy.ask("things.get", {"id": 1})["name"] == "Élodie Martin"


def test_a_person_of_a_group_whose_commit_failed_is_dropped(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(txn: object) -> None:
        raise StoreFault("store.commit_unknown", "disk says no", retry=True)

    monkeypatch.setattr(toy.engine._store, "commit", fail)

    statuses = named(toy, "Élodie Martin")

    assert statuses == ["fault"]
    assert stored_rows(toy) == 0


def test_a_people_store_that_failed_is_opened_again_and_the_command_may_be_sent_again(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = people(toy)._env
    assert env is not None
    env.close()  # every use of it raises, as after a failed meta page
    body = {"id": 1, "row": {"title": "a", "name": "Zoé"}}

    first = toy.send("things.put", body)
    second = toy.send("things.put", body)

    assert (first.status, first.code, first.retry) == ("fault", "people.failed", True)
    assert second.status == "done"
    assert toy.ask("things.get", {"id": 1})["name"] == "Zoé"


def test_the_secrets_of_a_row_go_with_it(toy: Shop) -> None:
    secret = {"hash": "$argon2id$v=19$salted", "key": "keyed"}
    toy.do("things.put", {"id": 1, "row": {"title": "a", "pin": secret}})
    with toy.engine.store.read() as txn:
        kept = txn.get("secrets", secret_key(THINGS, 1))

    toy.do("things.remove", {"id": 1})
    toy.do("things.put", {"id": 1, "row": {"title": "somebody else"}})

    assert kept is not None
    assert msgspec.msgpack.decode(kept) == {"pin": "$argon2id$v=19$salted"}
    with toy.engine.store.read() as txn:
        assert txn.get("secrets", secret_key(THINGS, 1)) is None


def test_a_row_put_again_without_its_secret_keeps_it(toy: Shop) -> None:
    toy.do("things.put", {"id": 1, "row": {"title": "a", "pin": {"hash": "h", "key": "k"}}})

    answer = toy.do("things.put", {"id": 1, "row": {"title": "b"}})

    assert answer.records[0].secrets == ()
    with toy.engine.store.read() as txn:
        assert txn.get("secrets", secret_key(THINGS, 1)) == msgspec.msgpack.encode({"pin": "h"})


def test_a_group_that_cannot_begin_takes_nobody_of_the_group_before_along(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(toy, "Élodie Martin")

    def fail(txn: object) -> None:
        raise RuntimeError("asked to break")

    monkeypatch.setattr(toy.engine._rows, "begin", fail)
    broken = toy.send("toy.add", {"count": 1})
    monkeypatch.undo()

    assert broken.status == "fault"
    assert toy.ask("things.get", {"id": 1})["name"] == "Élodie Martin"


def test_a_person_whose_commit_was_lost_but_reached_the_disk_stays(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = toy.engine._store.commit

    def commit_then_fail(txn: Any) -> None:
        real(txn)
        raise StoreFault("store.commit_unknown", "the answer was lost", retry=True)

    monkeypatch.setattr(toy.engine._store, "commit", commit_then_fail)
    statuses = named(toy, "Élodie Martin")
    monkeypatch.undo()

    assert statuses == ["done"]
    assert toy.ask("things.get", {"id": 1})["name"] == "Élodie Martin"
