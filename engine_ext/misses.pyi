"""Types of near misses, and the reasons of rules that consume units."""

from typing import Final, final

BEATEN: Final[str]
EXCLUDED: Final[str]
MISSES_MAX: Final[int]
NO_SAVING: Final[str]
PRECEDED: Final[str]
RULE_PATTERN: Final[str]
SHORT: Final[str]
SOURCE_SHA256: Final[str]
USED_UP: Final[str]

@final
class NearMiss:
    @property
    def ref(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def rule(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def slot(self) -> int | None: ...
    @property
    def missing(self) -> int: ...
    @property
    def by(self) -> str | None: ...
    @property
    def amount(self) -> int: ...
