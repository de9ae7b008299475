"""Types of the hints: the reasons that neither patterns nor conditions have."""

from typing import Final

REMOVED: Final[str]
REPLACED: Final[str]
SOURCE_SHA256: Final[str]
TYPED: Final[str]
UNCOVERED: Final[str]
