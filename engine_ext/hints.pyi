"""Types of the hints: the reasons that neither patterns nor conditions have."""

from typing import Final

BEATEN: Final[str]
CONTAINS: Final[str]
COVERS: Final[str]
DAYS: Final[str]
HOURS: Final[str]
ITEMS: Final[str]
PRECEDED: Final[str]
REMOVED: Final[str]
REPLACED: Final[str]
RULE_AUTOMATIC: Final[str]
RULE_COUPON: Final[str]
RULE_LINE: Final[str]
SOURCE_SHA256: Final[str]
TYPED: Final[str]
UNCOVERED: Final[str]
VALUE: Final[str]
WEEKDAY: Final[str]
