"""Texts in the signs that a code page has: what it lacks is written with what it has, never sent raw."""

import unicodedata
from functools import lru_cache
from types import MappingProxyType

from engine.ports.printer import CodePage

UNKNOWN = "?"
PRINTABLE_FIRST = 0x20
DELETE = 0x7F

SPELT = MappingProxyType(
    {
        "’": "'",
        "‘": "'",
        "‚": ",",
        "“": '"',
        "”": '"',
        "„": '"',
        "…": "...",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "•": "*",
        "·": ".",
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
        "€": "EUR",
        "‹": "<",
        "›": ">",
        "«": '"',
        "»": '"',
        "⁄": "/",
        "×": "x",
        "№": "No",
        "☐": "[ ]",
        "☑": "[x]",
    }
)
"""Signs that a code page may lack -> how they are written then."""


def spell(text: str, page: CodePage) -> str:
    """The text with every sign that the page lacks in another spelling: without its accents, in letters, as "?"."""
    return "".join([_sign(char, page) for char in text])


@lru_cache(maxsize=4096)
def _sign(char: str, page: CodePage) -> str:
    if _has(char, page):
        return char
    if char in SPELT:
        return spell(SPELT[char], page)
    if unicodedata.category(char)[0] == "M":
        return ""
    plain = [part for part in unicodedata.normalize("NFKD", char) if unicodedata.category(part)[0] != "M"]
    if "".join(plain) != char and all(_has(part, page) or part in SPELT for part in plain):
        return "".join([_sign(part, page) for part in plain])
    return UNKNOWN


def _has(char: str, page: CodePage) -> bool:
    try:
        (code,) = char.encode(page)
    except UnicodeEncodeError:
        return False
    return code >= PRINTABLE_FIRST and code != DELETE
