"""PINs and passwords: what is refused, what is hashed, and how many at a time."""

import threading
from typing import Any

import pytest

from server.auth import secrets as module
from server.auth.secrets import BusyError, Secrets, WeakSecretError, require_password, require_pin


def test_a_hash_is_argon2id_with_the_parameters_of_the_rule(secrets: Secrets) -> None:
    made = secrets.hash("pin", 3, "482913").result()

    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(made) <= 256
    assert secrets.check("pin", 3, "482913", made).result()


def test_another_pin_operator_purpose_or_no_hash_is_not_it(secrets: Secrets) -> None:
    made = secrets.hash("pin", 3, "482913").result()

    wrong = [
        secrets.check("pin", 3, "482914", made).result(),
        secrets.check("pin", 4, "482913", made).result(),
        secrets.check("password", 3, "482913", made).result(),
        secrets.check("pin", 3, "482913", None).result(),
        secrets.check("pin", 3, "482913", "no hash at all").result(),
    ]

    assert [False] * 5 == wrong


def test_two_are_checked_eight_wait_and_the_eleventh_is_told_at_once(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def slow(*_: Any) -> bool:
        begun.release()
        return go.wait(10)

    monkeypatch.setattr(module, "_matches", slow)
    waiting = [secrets.check("pin", 1, "1", "x") for _ in range(10)]
    for _ in range(2):
        assert begun.acquire(timeout=10)

    with pytest.raises(BusyError):
        secrets.check("pin", 1, "1", "x")
    third_began = begun.acquire(blocking=False)
    go.set()

    assert not third_began
    assert [True] * 10 == [each.result(10) for each in waiting]


def test_a_place_that_is_not_used_is_given_back_and_is_used_once(secrets: Secrets) -> None:
    for _ in range(20):
        with secrets.room():
            pass
    places = [secrets.room() for _ in range(10)]

    with pytest.raises(BusyError):
        secrets.room()
    for place in places:
        with place:
            pass
    with secrets.room() as place:
        place.take()()
        with pytest.raises(BusyError):
            place.take()

    assert 10 == len([secrets.room() for _ in range(10)])


@pytest.mark.parametrize("pin", ["482913", "4829", "907214", "0718"])
def test_a_pin_that_is_hard_to_guess_may_be_chosen(pin: str) -> None:
    require_pin(pin, shop_codes=("75012345600018",))

    assert pin.isdigit()


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("000000", "auth.pin_weak"),
        ("123456", "auth.pin_weak"),
        ("654321", "auth.pin_weak"),
        ("890123", "auth.pin_weak"),
        ("1212", "auth.pin_weak"),
        ("482482", "auth.pin_weak"),
        ("482284", "auth.pin_weak"),
        ("750123", "auth.pin_weak"),
        ("12345", "auth.pin_form"),
        ("4829137", "auth.pin_form"),
        ("٤٨٢٩", "auth.pin_form"),
        ("48 29", "auth.pin_form"),
        ("", "auth.pin_form"),
    ],
)
def test_a_pin_that_is_easy_to_guess_may_not(pin: str, code: str) -> None:
    with pytest.raises(WeakSecretError) as weak:
        require_pin(pin, shop_codes=("75012345600018",))

    assert code == weak.value.code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("a" * 14, "auth.password_short"),
        ("correct horse b", None),
        ("a" * 15, "auth.password_weak"),
        ("Bar du Port Bar du Port 1234", "auth.password_weak"),
        ("x" * 201, "auth.password_long"),
    ],
)
def test_a_password_is_long_and_not_only_a_name(password: str, code: str | None) -> None:
    found = None
    try:
        require_password(password, names=("bar du port", ""))
    except WeakSecretError as weak:
        found = weak.code

    assert code == found


def test_a_badge_is_found_by_its_hash_and_a_content_key_is_no_hash(secrets: Secrets) -> None:
    badge = secrets.badge("04A2B3C4D5")

    assert badge == secrets.badge("04A2B3C4D5") != secrets.badge("04A2B3C4D6")
    assert 64 == len(badge) == len(secrets.key("pin", 3, "482913"))
    assert secrets.key("pin", 3, "482913") not in {badge, secrets.key("pin", 4, "482913")}
    with pytest.raises(WeakSecretError):
        secrets.badge("a\n")
