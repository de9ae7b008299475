"""One-time codes against the vectors of RFC 6238, appendix B, and what is stored of a seed."""

import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.auth import totp
from server.auth.pepper import Pepper

SEEDS = {"sha1": b"1234567890" * 2, "sha256": (b"1234567890" * 4)[:32], "sha512": (b"1234567890" * 7)[:64]}
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1_111_111_109, "07081804", "68084774", "25091201"),
    (1_111_111_111, "14050471", "67062674", "99943326"),
    (1_234_567_890, "89005924", "91819424", "93441116"),
    (2_000_000_000, "69279037", "90698825", "38618901"),
    (20_000_000_000, "65353130", "77737706", "47863826"),
]
SEED = SEEDS["sha1"]
NOW_MS = 1_111_111_111_000
STEP = 1_111_111_111 // 30


@pytest.mark.parametrize(("second", "sha1", "sha256", "sha512"), VECTORS)
def test_the_vectors_of_the_rfc_hold(second: int, sha1: str, sha256: str, sha512: str) -> None:
    made = {name: totp.code(seed, second // 30, digits=8, algorithm=name) for name, seed in SEEDS.items()}

    assert {"sha1": sha1, "sha256": sha256, "sha512": sha512} == made


@settings(max_examples=100, deadline=None)
@given(st.integers(-3, 3))
def test_a_code_is_taken_one_step_before_and_after(drift: int) -> None:
    typed = totp.code(SEED, STEP + drift)

    found = totp.matching_step(SEED, typed, NOW_MS)

    assert (STEP + drift if abs(drift) <= 1 else None) == found


def test_a_used_step_and_those_before_it_are_not_taken_again() -> None:
    codes = [totp.code(SEED, STEP + drift) for drift in (-1, 0, 1)]

    found = [totp.matching_step(SEED, typed, NOW_MS, used=STEP) for typed in codes]

    assert [None, None, STEP + 1] == found


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_not_taken(typed: str) -> None:
    assert totp.matching_step(SEED, typed, NOW_MS) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    code = totp.code(SEED, STEP)

    assert STEP == totp.matching_step(SEED, f"{code[:3]} {code[3:]}", NOW_MS)


def test_the_address_for_the_authenticator_says_all_it_needs() -> None:
    parts = urllib.parse.urlsplit(totp.uri(b"\0" * 20, "Léa", "Bar du Port & Cie"))
    said = urllib.parse.parse_qs(parts.query)

    assert ("otpauth", "totp") == (parts.scheme, parts.netloc)
    assert "/Bar du Port & Cie:Léa" == urllib.parse.unquote(parts.path)
    assert (["A" * 32], ["Bar du Port & Cie"], ["6"], ["30"]) == (
        said["secret"],
        said["issuer"],
        said["digits"],
        said["period"],
    )


def test_a_sealed_seed_opens_for_its_operator_under_its_pepper_only(pepper: Pepper) -> None:
    seed = totp.new_seed()
    stored = totp.seal(pepper, 3, seed)
    other = Pepper(bytes(32), "00" * 16)

    assert seed == totp.unseal(pepper, 3, stored)
    assert [None] * 4 == [
        totp.unseal(pepper, 4, stored),
        totp.unseal(other, 3, stored),
        totp.unseal(pepper, 3, stored[:-4] + "AAA="),
        totp.unseal(pepper, 3, "$argon2id$"),
    ]
    assert stored != totp.seal(pepper, 3, seed)
    assert len(stored) <= 256
    assert totp.seed_key(pepper, seed) != totp.seed_key(other, seed)
