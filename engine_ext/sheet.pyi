"""Types of the compiled sheet; all but the explanation of a discount is for the core's own modules."""

from typing import Final, final

CUT_TO_SUM: Final[str]
EMPTY_SUM: Final[str]
LINES_MAX: Final[int]
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

@final
class Sheet: ...
