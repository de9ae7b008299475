"""Types of the compiled phase 3; its sources are for the core's own modules."""

from typing import Final

PHASE_TICKET: Final[int]
SOURCE_SHA256: Final[str]
SUBTOTALS_MAX: Final[int]
