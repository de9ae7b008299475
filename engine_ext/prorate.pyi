"""Types of the compiled proration."""

from collections.abc import Iterable
from typing import Final

SOURCE_SHA256: Final[str]

def split(total: int, weights: Iterable[int]) -> list[int]: ...
