"""Types of the bound of the search, which is for the core's own modules."""

from typing import Final, final

SOURCE_SHA256: Final[str]

@final
class Bounds: ...
