"""Types of the units of a ticket, which are for the core's own modules."""

from typing import Final, final

SOURCE_SHA256: Final[str]

@final
class Units: ...
