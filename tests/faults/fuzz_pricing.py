"""Feeds bytes to pricing: baskets, books and moments that must come out as the twin says, and nonsense to be refused.

`python tests/faults/fuzz_pricing.py [--runs N] [--seed S] [-- ATHERIS OPTIONS]` runs until it finds something, guided
by the twin's coverage where `atheris` is installed (`pip install atheris`), else over seeded random bytes; `--plain` is
always the latter. Bytes that break something are printed in hexadecimal and run again by `--input`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "reference")]
if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 20_000
BYTES_MAX = 600
PROGRESS_RUNS = 10_000
GUIDED = (
    "reference_book",
    "reference_price",
    "reference_vat",
    "reference_patterns",
    "reference_prorate",
    "whole_cases",
)
WHOLE_LINES_MAX = 8
NONSENSE_CALLS_MAX = 12
EDGES = (0, 1, -1, 999, 1_000, 100_000, -100_000, 1_000_001, 2**31, 2**53 - 1, 2**53, 2**63 - 1, -(2**63), 2**64)
STRANGE: tuple[Any, ...] = (None, True, 1.5, "", "x", "é" * 300, (), ("x",), (1,), (("x", 1),), [("x", 1)], b"x")


class BytesRandom(Random):
    """Chance out of given bytes, so that who changes a byte changes one decision; zeros where they have run out."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        super().__init__(0)

    def seed(self, *_args: Any, **_words: Any) -> None:
        """There is no seed but the bytes."""

    def getrandbits(self, k: int) -> int:
        """The next bytes, as many as ``k`` bits need."""
        size = (k + 7) // 8
        taken = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken.ljust(size, b"\0"), "big") >> (size * 8 - k)

    def random(self) -> float:
        """Two bytes' worth of chance: more would only make mutation blind."""
        return self.getrandbits(16) / 2**16


def strange(rng: Random, names: tuple[str, ...]) -> dict[str, Any]:
    """Some of the words with values at the edge of what fits, beyond it, or of another kind."""
    chosen = rng.sample(names, rng.randint(0, min(4, len(names))))
    return {name: rng.choice(EDGES) if rng.random() < 0.7 else rng.choice(STRANGE) for name in chosen}


def nonsense(rng: Random) -> None:
    """Whatever is given to a constructor, to ``price`` or to ``refund``: made, or refused by one of the two errors."""
    basket, pricing, refund = (
        importlib.import_module(f"engine_ext.{name}") for name in ("basket", "pricing", "refund")
    )
    sane = {"id": "1", "product": "p", "department": None, "category": "c", "rate": 20_000, "quantity": 1_000}
    sane_sold = {
        "id": "1",
        "category": "c",
        "rate": 20_000,
        "quantity": 3_000,
        "amount": 1_000,
        "vat": 167,
        "now": 1_000,
    }
    adjustment = ("percent", "amount", "fixed")
    line_words = (*sane, "catalogue", "listed", "typed", "options", "nature", "manual", "default", "tags")
    lines: list[Any] = []
    subtotals: list[Any] = []
    for number in range(rng.randint(1, NONSENSE_CALLS_MAX)):
        own = {"id": str(number), "catalogue": rng.choice(EDGES)}
        lines += attempt(partial(basket.BasketLine, **(sane | own | strange(rng, line_words))))
        subtotals += attempt(partial(basket.SubtotalAdjustment, "s", **strange(rng, (*adjustment, "lines"))))
        sold = attempt(
            partial(refund.SoldLine, **(sane_sold | strange(rng, (*sane_sold, "already", "nature", "shares"))))
        )
        attempt(partial(refund.refund, sold, basis=rng.choice((0, 1))))
    attempt(
        partial(pricing.price, lines, subtotals, **(strange(rng, ("basis", "decimals")) if rng.random() < 0.3 else {}))
    )


def attempt(action: Callable[[], object]) -> list[object]:
    """What an action makes, or nothing where it refuses by one of the two errors."""
    from engine_ext.basket import PricingError

    try:
        return [action()]
    except PricingError as error:
        if not error.code.startswith("pricing."):
            raise
    except TypeError as error:
        if not str(error):
            raise
    return []


def compare(rng: Random) -> None:
    """A small case: core and twin say the same."""
    cases, core = importlib.import_module("whole_cases"), importlib.import_module("whole_core")
    if rng.random() < 0.5:
        case = cases.random_small_whole(rng)
    else:
        case = cases.random_whole(rng, lines_max=WHOLE_LINES_MAX, taxes=cases.random_taxed)
    case = core.in_reach(case)
    actual, expected = core.core_whole(case), core.twin_whole(case)
    assert expected == actual, f"{case}\ntwin: {expected}\ncore: {actual}"


def one_input(data: bytes) -> None:
    """The entry of every driver: a third of all inputs are nonsense, the others are compared."""
    rng = BytesRandom(data)
    if rng.getrandbits(8) % 3 == 0:
        nonsense(rng)
    else:
        compare(rng)


def run(runs: int, seed: str) -> None:
    """Seeded random bytes; what breaks is told as bytes."""
    for number in range(runs):
        rng = Random(f"{seed}/{number}")
        data = rng.randbytes(rng.choice((0, 3, 40, BYTES_MAX // 2, BYTES_MAX)))
        try:
            one_input(data)
        except Exception:
            print(f"broken by --input {data.hex()}", file=sys.stderr)
            raise
        if (number + 1) % PROGRESS_RUNS == 0:
            print(f"{number + 1} inputs, nothing found", file=sys.stderr)


def guided(arguments: list[str]) -> None:
    """Coverage of the twin guides the bytes; it ends with what it finds, or as its options say."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(GUIDED)):
        for name in GUIDED:
            importlib.import_module(name)
    atheris.Setup([sys.argv[0], f"-max_len={BYTES_MAX}", "-len_control=0", *arguments], one_input)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", default="fuzz")
    parser.add_argument("--plain", action="store_true", help="seeded bytes, even where atheris is installed")
    parser.add_argument("--input", help="bytes in hexadecimal: run these only")
    options, rest = parser.parse_known_args()
    if options.input is not None:
        one_input(bytes.fromhex(options.input))
    elif options.plain or importlib.util.find_spec("atheris") is None:
        run(options.runs, options.seed)
        print(f"{options.runs} inputs, nothing found")
    else:
        guided([f"-runs={options.runs}", *(each for each in rest if each != "--")])


if __name__ == "__main__":
    main()
