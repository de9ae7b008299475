"""Types of the compiled rounding and checked arithmetic."""

from typing import Final

AMOUNT_MAX: Final[int]
SOURCE_SHA256: Final[str]

class MoneyOverflow(OverflowError):
    """A number or a result does not fit: refused, never wrapped."""

def mul_div(a: int, b: int, d: int) -> int: ...
def divide(n: int, d: int) -> int: ...
def round_to_step(x: int, step: int) -> int: ...
