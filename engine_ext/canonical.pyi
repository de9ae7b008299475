"""Types of the canonical encoding."""

from typing import Final

ENTRY_BYTES_MAX: Final = 65535
DEPTH_MAX: Final[int]
INTEGER_MAX: Final = 9007199254740991
LIMIT_MAX: Final[int]
SOURCE_SHA256: str

class CanonicalError(ValueError):
    code: str
    path: str
    message: str
    def __init__(self, code: str, path: str, message: str) -> None: ...

def encode(value: object, limit: int = 65535) -> bytes: ...
