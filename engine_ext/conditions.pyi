"""Types of the compiled conditions: when a rule holds, and how far it is from holding."""

from collections.abc import Iterable
from typing import Final, Self, final

CONTAINS: Final[str]
COVERS: Final[str]
CUSTOMER_GROUP: Final[str]
CUSTOMER_GROUPS_MAX: Final[int]
DAYS: Final[str]
DAY_MAX: Final[int]
DAY_MINUTES: Final[int]
HOURS: Final[str]
IDS_MAX: Final[int]
ITEMS: Final[str]
MODE: Final[str]
SOURCE_SHA256: Final[str]
TABLE: Final[str]
TILL: Final[str]
VALUE: Final[str]
WEEKDAY: Final[str]
ZONE: Final[str]

@final
class Context:
    def __new__(
        cls,
        *,
        mode: int = 0,
        groups: Iterable[int] = (),
        table: int = 0,
        till: int = 0,
        covers: int = 0,
        zone: int = 0,
        weekday: int = 1,
        minute: int = 0,
        day: int = 1,
    ) -> Self: ...
    @property
    def mode(self) -> int: ...
    @property
    def groups(self) -> frozenset[int]: ...
    @property
    def table(self) -> int: ...
    @property
    def till(self) -> int: ...
    @property
    def covers(self) -> int: ...
    @property
    def zone(self) -> int: ...
    @property
    def weekday(self) -> int: ...
    @property
    def minute(self) -> int: ...
    @property
    def day(self) -> int: ...

@final
class Facts:
    def __new__(
        cls,
        *,
        items: int = 0,
        value: int = 0,
        value_left: int | None = None,
        products: Iterable[str] = (),
        departments: Iterable[str] = (),
    ) -> Self: ...
    @property
    def items(self) -> int: ...
    @property
    def value(self) -> int: ...
    @property
    def value_left(self) -> int: ...
    @property
    def products(self) -> frozenset[str]: ...
    @property
    def departments(self) -> frozenset[str]: ...

@final
class Conditions:
    def __new__(
        cls,
        *,
        modes: Iterable[int] = (),
        groups: Iterable[int] = (),
        tables: Iterable[int] = (),
        tills: Iterable[int] = (),
        zones: Iterable[int] = (),
        weekdays: Iterable[int] = (),
        from_minute: int | None = None,
        until_minute: int | None = None,
        days: tuple[int, int] | None = None,
        min_items: int = 0,
        min_value: int = 0,
        min_covers: int = 0,
        after_discounts: bool = False,
        products: Iterable[str] = (),
        departments: Iterable[str] = (),
    ) -> Self: ...
    @property
    def modes(self) -> frozenset[int]: ...
    @property
    def groups(self) -> frozenset[int]: ...
    @property
    def tables(self) -> frozenset[int]: ...
    @property
    def tills(self) -> frozenset[int]: ...
    @property
    def zones(self) -> frozenset[int]: ...
    @property
    def weekdays(self) -> frozenset[int]: ...
    @property
    def from_minute(self) -> int | None: ...
    @property
    def until_minute(self) -> int | None: ...
    @property
    def days(self) -> tuple[int, int] | None: ...
    @property
    def min_items(self) -> int: ...
    @property
    def min_value(self) -> int: ...
    @property
    def min_covers(self) -> int: ...
    @property
    def after_discounts(self) -> bool: ...
    @property
    def products(self) -> frozenset[str]: ...
    @property
    def departments(self) -> frozenset[str]: ...

def test(conditions: Conditions, context: Context, facts: Facts) -> tuple[str, int] | None: ...
