"""Types of the compiled sheet; all but the explanation of a discount is for the core's own modules."""

from typing import Final, final

CUT_TO_SUM: Final[str]
EMPTY_SUM: Final[str]
LINES_MAX: Final[int]
RULE_AUTOMATIC: Final[str]
RULE_COUPON: Final[str]
RULE_CUSTOMER: Final[str]
RULE_DEFAULT: Final[str]
RULE_LINE: Final[str]
RULE_MANUAL: Final[str]
RULE_PATTERN: Final[str]
RULE_VAT: Final[str]
SOURCE_SHA256: Final[str]

@final
class Applied:
    @property
    def ref(self) -> str: ...
    @property
    def phase(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def base_sum(self) -> int: ...
    @property
    def wanted(self) -> int: ...
    @property
    def granted(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def rule(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def uses(self) -> int: ...
    @property
    def units(self) -> tuple[tuple[str, int], ...]: ...

@final
class Sheet: ...
