"""Types of a search's problem; its limits are for everyone, the rest for the core's own modules."""

from typing import Final, final

CLASSES_MAX: Final[int]
COLUMNS_MAX: Final[int]
PARTS_MAX: Final[int]
SOURCE_SHA256: Final[str]
STEPS_MAX: Final[int]

@final
class Problem: ...
