"""What a kind gets from its declaration."""

from typing import Any

import pytest
from shop_harness import Shop


def put(shop: Shop, row: dict[str, Any], id: int | None = None) -> Any:
    return shop.do("things.put", {"id": id, "row": row} if id else {"row": row})


def test_a_row_without_id_gets_the_next_one_even_after_a_removal(toy: Shop) -> None:
    first, second = put(toy, {"title": "a"}), put(toy, {"title": "b"})
    toy.do("things.remove", {"id": 2})

    third = put(toy, {"title": "c"})

    assert [answer.records[0].id for answer in (first, second, third)] == [1, 2, 3]


def test_decimals_have_one_form_in_the_journal(toy: Shop) -> None:
    for written in ("2.50", "2.5000", 2.5, 3, "03.0"):
        answer = toy.send("things.put", {"id": 1, "row": {"title": "a", "price": written}})
        if isinstance(written, float):
            assert answer.code == "kernel.bad_request"
        else:
            assert answer.records[0].row.price in ("2.5", "3")


def test_a_price_with_five_decimals_is_refused_by_its_field(toy: Shop) -> None:
    answer = toy.refused("things.put", {"id": 1, "row": {"title": "a", "price": "1.23456"}})

    assert (answer.code, answer.at) == ("kernel.bad_request", "row.price")


def test_a_reference_must_exist_and_what_is_used_stays(toy: Shop) -> None:
    answer = toy.refused("things.put", {"row": {"title": "a", "group": 1}})
    toy.do("groups.put", {"id": 1, "row": {"title": "g"}})
    put(toy, {"title": "a", "group": 1}, 1)

    used = toy.refused("groups.remove", {"id": 1})
    put(toy, {"title": "a"}, 1)

    assert (answer.code, answer.at) == ("kernel.no_such_row", "row.group")
    assert (used.code, used.data) == ("kernel.row_in_use", {"uses": 1})
    assert toy.do("groups.remove", {"id": 1}).status == "done"


def test_a_unique_value_belongs_to_one_live_row(toy: Shop) -> None:
    put(toy, {"title": "a", "codes": ["1", "2"]}, 1)

    taken = toy.refused("things.put", {"id": 2, "row": {"title": "b", "codes": ["3", "2"]}})
    put(toy, {"title": "a", "codes": ["1"]}, 1)
    put(toy, {"title": "b", "codes": ["3", "2"]}, 2)
    toy.do("things.remove", {"id": 2})
    put(toy, {"title": "c", "codes": ["3"]}, 3)

    assert (taken.code, taken.at, taken.data) == ("kernel.not_unique", "row.codes", {"id": 1})
    assert toy.refused("things.put", {"id": 4, "row": {"title": "d", "codes": ["9", "9"]}}).code == "kernel.not_unique"


def test_a_kind_has_a_limit(toy: Shop) -> None:
    for n in range(5):
        put(toy, {"title": f"t{n}"})

    assert toy.refused("things.put", {"row": {"title": "t5"}}).code == "kernel.too_many_rows"
    assert put(toy, {"title": "again"}, 5).status == "done"


def test_every_version_stays_readable(toy: Shop) -> None:
    first = put(toy, {"title": "old"}, 1)
    put(toy, {"title": "new"}, 1)
    toy.do("things.remove", {"id": 1})

    position = (first.gen << 48) | first.seq
    assert toy.ask("things.get", {"id": 1, "position": position})["title"] == "old"
    assert toy.ask("things.get", {"id": 1, "position": position + 1})["title"] == "new"
    with pytest.raises(Exception, match="no row 1"):
        toy.ask("things.get", {"id": 1})


def test_personal_fields_live_beside_the_journal_and_secrets_are_never_shown(toy: Shop) -> None:
    secret = {"hash": "$argon2id$v=19$salted", "key": "keyed"}
    answer = put(toy, {"title": "a", "name": "Élodie Martin", "pin": secret}, 1)

    data = toy.engine.reader().entry(answer.gen, answer.seq).data
    shown = toy.ask("things.get", {"id": 1})
    assert b"Martin" not in data
    assert b"argon2" not in data
    assert answer.records[0].secrets == ("pin",)
    assert shown["name"] == "Élodie Martin"
    assert "argon2" not in str(shown)
    assert b"Martin" not in (toy.path / "store" / "data.mdb").read_bytes()
    assert b"Martin" not in (toy.path / "people" / "data.mdb").read_bytes()


def test_the_commitment_opens_with_the_salt_and_erasure_leaves_the_proof(toy: Shop) -> None:
    from engine.kernel.rows import commitment

    answer = put(toy, {"title": "a", "name": "Élodie Martin"}, 1)
    people = toy.engine._people
    assert people is not None
    opening = people.opening(901, 1, (answer.gen << 48) | answer.seq)

    assert opening is not None
    assert commitment(*opening) == answer.records[0].person
    assert people.erase(901, 1) == 1
    assert "name" not in {k for k, v in toy.ask("things.get", {"id": 1}).items() if v}
    assert toy.engine.reader().entry(answer.gen, answer.seq).leaf.hex() == answer.leaf


def test_the_same_secret_hashed_again_is_the_same_command(toy: Shop) -> None:
    id = toy.new_id()
    body = {"id": 1, "row": {"title": "a", "pin": {"hash": "first salt", "key": "k"}}}
    first = toy.do("things.put", body, id=id)

    body["row"]["pin"] = {"hash": "second salt", "key": "k"}  # type: ignore[index]  # a plain JSON body
    again = toy.do("things.put", body, id=id)
    body["row"]["pin"] = {"hash": "second salt", "key": "other"}  # type: ignore[index]  # a plain JSON body

    assert (again.repeated, again.leaf) == (True, first.leaf)
    assert toy.refused("things.put", body, id=id).code == "kernel.id_reused"


def test_lists_page_by_id_search_and_tell_what_changed_since(toy: Shop) -> None:
    for n, title in enumerate(("Café", "Thé", "Cacao"), start=1):
        last = put(toy, {"title": title}, n)
    since = (last.gen << 48) | last.seq
    put(toy, {"title": "Thé vert"}, 2)
    toy.do("things.remove", {"id": 1})

    page = toy.ask("things.list", {"limit": 1})
    rest = toy.ask("things.list", {"after": page.next, "limit": 2})
    found = toy.ask("things.list", {"search": "CAC"})
    changed = toy.ask("things.list", {"updated_since": since})

    assert [row["id"] for row in page.rows + rest.rows] == [2, 3]
    assert [row["title"] for row in found.rows] == ["Cacao"]
    assert [(row["id"], row.get("removed", False)) for row in changed.rows] == [(2, False), (1, True)]


def test_the_book_moves_only_with_kinds_that_price(toy: Shop) -> None:
    toy.do("groups.put", {"id": 1, "row": {"title": "g"}})
    log = toy.engine._journal.log
    before = (log.configuration, log.book)

    put(toy, {"title": "a"}, 1)

    assert before[1] == 0
    assert before[0] > 0
    assert log.book == log.configuration > before[0]


def test_a_search_goes_on_behind_the_last_row_it_looked_at(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.kernel.rows.SEARCH_SCAN_ROWS_MAX", 2)
    for n, title in enumerate(("Thé", "Eau", "Lait", "Jus", "Cacao"), start=1):
        put(toy, {"title": title}, n)

    found: list[int] = []
    after: int | None = 0
    pages = 0
    while after is not None and pages < 9:
        page = toy.ask("things.list", {"search": "cacao", "after": after})
        found += [row["id"] for row in page.rows]
        after = page.next
        pages += 1

    assert (found, pages) == ([5], 3)


def test_a_change_made_for_a_version_that_is_gone_is_refused_with_the_live_one(toy: Shop) -> None:
    put(toy, {"title": "a"}, 1)
    seen = toy.ask("things.get", {"id": 1})["version"]

    toy.do("things.put", {"id": 1, "row": {"title": "b"}, "if_version": seen})
    now = toy.ask("things.get", {"id": 1})["version"]

    late = [
        toy.refused("things.put", {"id": 1, "row": {"title": "c"}, "if_version": seen}),
        toy.refused("things.remove", {"id": 1, "if_version": seen}),
    ]
    assert [("kernel.row_changed", "if_version", {"version": now})] * 2 == [(a.code, a.at, a.data) for a in late]
    toy.do("things.remove", {"id": 1, "if_version": now})
    gone = toy.refused("things.put", {"id": 1, "row": {"title": "d"}, "if_version": now})
    new = toy.refused("things.put", {"row": {"title": "d"}, "if_version": 0})
    assert [{"version": None}] * 2 == [gone.data, new.data]


def test_of_two_changes_made_for_one_version_in_one_group_the_first_counts(toy: Shop) -> None:
    put(toy, {"title": "a"}, 1)
    seen = toy.ask("things.get", {"id": 1})["version"]
    bodies = [{"id": 1, "row": {"title": title}, "if_version": seen} for title in "bc"]

    answers = toy.engine.submit([toy.envelope("things.put", body, till=0, operator=0) for body in bodies])

    assert ["done", "refused"] == [answer.status for answer in answers]
    assert "b" == toy.ask("things.get", {"id": 1})["title"]
