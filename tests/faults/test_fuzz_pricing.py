"""The fuzz target of pricing: a short seeded run each time, a long one under the campaign marker."""

import os
from random import Random

import fuzz_pricing
import pytest

RUNS = 600
CAMPAIGN_RUNS = 300_000 if os.environ.get("GUICHET_CAMPAIGN") == "long" else 200


def test_seeded_bytes_break_nothing() -> None:
    fuzz_pricing.run(RUNS, "short")

    assert fuzz_pricing.BytesRandom(b"").getrandbits(64) == 0


@pytest.mark.campaign
def test_a_night_of_seeded_bytes_breaks_nothing() -> None:
    fuzz_pricing.run(CAMPAIGN_RUNS, "campaign")

    assert CAMPAIGN_RUNS > 0


def test_chance_out_of_bytes_is_the_bytes_and_ends_with_them() -> None:
    rng = fuzz_pricing.BytesRandom(bytes(range(8)))

    told = [rng.getrandbits(8) for _ in range(10)]

    assert told == [*range(8), 0, 0]


def test_a_difference_between_core_and_twin_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver must fail where the core is wrong: here the twin is bent instead."""
    import whole_core

    honest = whole_core.twin_whole

    def bent(case: object) -> object:
        told = honest(case)  # type: ignore[arg-type]  # a case, as it came
        return told | {"total": 1} if isinstance(told, dict) and told["lines"] else told

    monkeypatch.setattr(whole_core, "twin_whole", bent)

    with pytest.raises(AssertionError, match="twin:"):
        fuzz_pricing.run(50, "bent")


def test_one_input_is_one_decision_after_another() -> None:
    data = Random("same").randbytes(200)

    first, second = fuzz_pricing.BytesRandom(data), fuzz_pricing.BytesRandom(data)

    assert [first.randint(0, 999) for _ in range(50)] == [second.randint(0, 999) for _ in range(50)]
