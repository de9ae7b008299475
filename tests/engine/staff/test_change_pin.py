"""One's own PIN or badge, changed at a till: behind the old PIN, for nobody else; what the old one began is over."""

from access_harness import Desk, digest

from engine.features import stored_secret

SECRET = {"hash": "new stored form", "key": "new keyed form"}
PIN = {"field": "pin", "secret": SECRET}
MINUTE = 60_000


def stored(desk: Desk, operator: int, field: str) -> str | None:
    return desk.shop.engine.reader().look(lambda world: stored_secret(world, operator, field))


def test_behind_a_counted_try_the_pin_changes_and_everybody_signs_in_again(desk: Desk) -> None:
    actor = desk.sign_in(desk.enrol(), 3)
    desk.done("staff.try_pin", {"operator": 3}, actor)

    answer = desk.done("staff.change_pin", PIN, actor)

    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq)
    assert "new stored form" == stored(desk, 3, "pin")
    assert (("pin",), b"stored form" in entry.data) == (answer.records[0].secrets, False)
    assert "staff.not_signed_in" == desk.code("cash.open", {"float_in": 0}, actor)


def test_without_the_old_pin_just_now_nothing_changes(desk: Desk) -> None:
    actor = desk.sign_in(desk.enrol(), 3)
    never = desk.code("staff.change_pin", PIN, actor)
    desk.done("staff.try_pin", {"operator": 3}, actor)
    desk.shop.clock.advance(MINUTE)

    late = desk.code("staff.change_pin", PIN, actor)

    assert ("staff.no_try", "staff.no_try", None) == (never, late, stored(desk, 3, "pin"))


def test_at_a_till_where_nobody_stands_there_is_nobody_whose_pin_it_is(desk: Desk) -> None:
    assert "staff.not_signed_in" == desk.code("staff.change_pin", PIN, desk.enrol())


def test_his_name_and_rights_stay_what_they_are(desk: Desk) -> None:
    row = {"alias": "Léa", "role": "manager", "rights": ["sales.post"], "name": "Léa M", "email": "l@example.net"}
    desk.shop.configure("operators", 3, row)
    actor = desk.sign_in(desk.enrol(), 3)
    desk.done("staff.try_pin", {"operator": 3}, actor)

    desk.done("staff.change_pin", {"field": "badge", "secret": SECRET}, actor)

    shown = desk.shop.ask("operators.get", {"id": 3}, till=0, operator=0)
    assert row == {name: shown[name] for name in row} | {"rights": list(shown["rights"])}


def test_a_badge_that_somebody_else_shows_is_refused(desk: Desk) -> None:
    taken = {"hash": digest("badge"), "key": "k"}
    desk.shop.configure("operators", 2, {"alias": "op2", "role": "manager", "badge": taken})
    actor = desk.sign_in(desk.enrol(), 3)
    desk.done("staff.try_pin", {"operator": 3}, actor)

    assert "staff.badge_taken" == desk.code("staff.change_pin", {"field": "badge", "secret": taken}, actor)
