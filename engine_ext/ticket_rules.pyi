"""Types of the compiled phase 3; its sources are for the core's own modules."""

from typing import Final

KIND_AMOUNT: Final[str]
KIND_FIXED: Final[str]
KIND_PERCENT: Final[str]
PHASE_TICKET: Final[int]
RULE_AUTOMATIC: Final[str]
RULE_COUPON: Final[str]
RULE_CUSTOMER: Final[str]
RULE_MANUAL: Final[str]
SOURCE_SHA256: Final[str]
SUBTOTALS_MAX: Final[int]
