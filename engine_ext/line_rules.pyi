"""Types of the compiled phase 1; all but its words is for the core's own modules."""

from typing import Final, final

KIND_AMOUNT: Final[str]
KIND_FIXED: Final[str]
KIND_PERCENT: Final[str]
PHASE_LINE: Final[int]
RULE_DEFAULT: Final[str]
RULE_LINE: Final[str]
RULE_MANUAL: Final[str]
SOURCE_SHA256: Final[str]

@final
class Situation: ...
