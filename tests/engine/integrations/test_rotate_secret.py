"""A new secret signs at once, the former one beside it for a day."""

from typing import Any

from engine.integrations.rotate_secret import OVERLAP_MS


def texts(hooked: Any) -> list[str]:
    """The secrets that sign now."""
    return [secret.text for secret in hooked.hook().secrets]


def rotate(hooked: Any, secret: dict[str, str], id: int = 1) -> Any:
    """The answer to a rotation."""
    return hooked.shop.send("integrations.rotate_secret", {"id": id, "secret": secret})


def test_both_secrets_sign_until_a_day_is_over(hooked: Any) -> None:
    first, second = hooked.secrets
    answer = rotate(hooked, second)
    both = texts(hooked)
    until = hooked.hook().secrets[1].until_ms

    hooked.shop.clock.advance(OVERLAP_MS)
    hooked.shop.configure("tills", 9, {"name": "Neuf"})

    assert [second["hash"], first["hash"]] == both
    assert answer.at_ms + OVERLAP_MS == until
    assert [second["hash"]] == texts(hooked)


def test_the_entry_names_no_secret(hooked: Any) -> None:
    answer = rotate(hooked, hooked.secrets[1])

    data = hooked.shop.engine.reader().entry(answer.gen, answer.seq).data

    assert b"whsec_" not in data


def test_an_endpoint_without_secret_gets_its_first(hooked: Any) -> None:
    hooked.put(2, secret=None)
    before = hooked.hook(2).secrets

    rotate(hooked, hooked.secrets[1], id=2)

    assert () == before
    assert [hooked.secrets[1]["hash"]] == [secret.text for secret in hooked.hook(2).secrets]


def test_a_bad_secret_or_an_unknown_endpoint_is_refused(hooked: Any) -> None:
    bad = rotate(hooked, {"hash": "x", "key": "k"})
    unknown = rotate(hooked, hooked.secrets[1], id=9)

    assert ("integrations.bad_secret", "secret") == (bad.code, bad.at)
    assert "integrations.unknown_webhook" == unknown.code
