"""Types of the search; its limits are for everyone, the rest for the core's own modules."""

from typing import Final, final

MEMO_BYTES_MAX: Final[int]
MEMO_STATES_MAX: Final[int]
ROUNDS_MAX: Final[int]
SOURCE_SHA256: Final[str]

@final
class Search: ...

@final
class Solution: ...
