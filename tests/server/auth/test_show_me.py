"""Who am I: tills, people, sessions and keys are told what they are, how long, and what they may do."""

from sign_in_house import House


def test_a_till_with_nobody_at_it_is_a_till(house: House) -> None:
    said = house.till(2).me()

    assert (200, "till", 2, 0) == (said.status, said.json["kind"], said.json["till"], said.json["operator"])
    assert ([], "", None, None) == tuple(said.json[name] for name in ("rights", "role", "since", "until"))


def test_an_operator_at_a_till_sees_when_his_sign_in_ends(house: House) -> None:
    said = house.at_till(3).me().json

    assert ("till", 1, 3, "Léa", "employee") == tuple(
        said[name] for name in ("kind", "till", "operator", "alias", "role")
    )
    assert ("2026-11-21T11:00:00.000Z", "2026-11-22T03:00:00.000Z") == (said["since"], said["until"])
    assert (120, None) == (said["idle_s"], said["proven_until"])
    assert "sales.post" in said["rights"]
    assert "staff.write" not in said["rights"]


def test_a_session_sees_its_level(house: House) -> None:
    said = house.in_office(1).me().json

    assert ("session", 0, 1, 1800) == tuple(said[name] for name in ("kind", "till", "operator", "idle_s"))
    assert ("2026-11-21T11:00:30.000Z", "2026-11-21T23:00:30.000Z", "2026-11-21T11:05:30.000Z") == (
        said["since"],
        said["until"],
        said["proven_until"],
    )


def test_nobody_is_nobody(house: House) -> None:
    assert (401, "auth.missing") == house.client().me().ended
