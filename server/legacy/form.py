"""Fields as PHP reads them: repeated names, lists (``itemsList[]``) and maps (``data[title]``)."""

import re
from collections.abc import Iterable

from server.legacy.context import Problem

FIELDS_MAX = 1_000
VALUE_CHARS_MAX = 2_000
ID_MAX = 2**53 - 1

_DECIMAL = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,6})?")
_WHOLE = re.compile(r"-?[0-9]{1,16}")
_IN_LIST = re.compile(r"([^\[\]]+)\[([0-9]{0,4})\]")
_IN_MAP = re.compile(r"([^\[\]]+)\[([A-Za-z_][A-Za-z0-9_]{0,39})\]")


class Form:
    """The fields of one request, those of the address before those of the body.

    Of a name that comes twice the last value counts, as in PHP. Spaces around values do not matter.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._lists: dict[str, list[str]] = {}
        self._maps: dict[str, dict[str, str]] = {}
        for count, (name, raw) in enumerate(pairs):
            if count >= FIELDS_MAX or len(raw) > VALUE_CHARS_MAX:
                raise Problem("Requête trop grande", "legacy.too_large", 413)
            value = raw.strip()
            if listed := _IN_LIST.fullmatch(name):
                self._lists.setdefault(listed[1], []).append(value)
            elif mapped := _IN_MAP.fullmatch(name):
                self._maps.setdefault(mapped[1], {})[mapped[2]] = value
            else:
                self._values[name] = value

    def text(self, *names: str) -> str:
        """The value under the first of these names that has one; empty where there is none."""
        return next((self._values[name] for name in names if self._values.get(name)), "")

    def given(self, name: str) -> bool:
        """Whether the field says anything: shops' software sends empty fields and zeros for what it does not mean."""
        return self._values.get(name, "") not in ("", "0")

    def list(self, name: str) -> list[str]:
        """The values of a list field that are not empty, in their order; a single value is a list of one."""
        single = [self._values[name]] if self._values.get(name) else []
        return [value for value in (*single, *self._lists.get(name, ())) if value]

    def map(self, name: str) -> dict[str, str]:
        """The values of a map field."""
        return dict(self._maps.get(name, {}))

    def whole(self, *names: str) -> int | None:
        """A whole number, or None where the field is not there or empty."""
        value = self.text(*names)
        return None if not value else whole(value, names[0])

    def flag(self, name: str) -> bool | None:
        """True or false as forms write it, or None where the field is not there."""
        value = self.text(name).lower()
        return None if not value else value in ("1", "true", "on", "yes", "oui")


def whole(value: str, name: str) -> int:
    """A whole number; anything else is a `Problem` that names the field."""
    if _WHOLE.fullmatch(value) is None or abs(int(value)) > ID_MAX:
        raise Problem(f"{name} : {value!r} n'est pas un nombre entier", "legacy.bad_number")
    return int(value)


def identifier(value: str, name: str) -> int:
    """A whole number above 0."""
    number = whole(value, name)
    if number < 1:
        raise Problem(f"{name} : {value!r} n'est pas un identifiant", "legacy.bad_number")
    return number


def decimal(value: str, places: int, name: str) -> str:
    """A decimal as the engine reads it: a point, and no more than ``places`` decimals that are not 0."""
    text = value.replace(",", ".")
    if _DECIMAL.fullmatch(value) is None or len(text.partition(".")[2].rstrip("0")) > places:
        raise Problem(f"{name} : {value!r} n'est pas un nombre à {places} décimales au plus", "legacy.bad_number")
    whole_part, _, part = text.partition(".")
    part = part.rstrip("0")
    return f"{whole_part}.{part}" if part else whole_part


def minor(value: str, decimals: int, name: str) -> int:
    """An amount in minor units from one in major units ("12.5" is 1250)."""
    text = decimal(value, decimals, name)
    whole_part, _, part = text.partition(".")
    sign = -1 if whole_part.startswith("-") else 1
    return sign * int(whole_part.lstrip("-") + part.ljust(decimals, "0"))


def major(amount: int, decimals: int) -> str:
    """An amount in major units, with all decimals of the currency ("12.50")."""
    if not decimals:
        return str(amount)
    whole_part, part = divmod(abs(amount), 10**decimals)
    return f"{'-' if amount < 0 else ''}{whole_part}.{part:0{decimals}}"


def shortest(number: int, places: int) -> str:
    """A number of 1/10**places as its shortest decimal string ("2", "0.5")."""
    return decimal(major(number, places), places, "")
