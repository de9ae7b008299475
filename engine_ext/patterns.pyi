"""Types of the compiled pattern book."""

from collections.abc import Iterable
from typing import Final, Self, final

GROUPS_MAX: Final[int]
IDS_MAX: Final[int]
MENUS_MAX: Final[int]
MENU_UNITS_MAX: Final[int]
MODE_BEST: Final[int]
MODE_FIRST: Final[int]
NODES_DEFAULT: Final[int]
NODES_MAX: Final[int]
PATTERNS_MAX: Final[int]
PRIORITY_MAX: Final[int]
SLOTS_MAX: Final[int]
SLOT_QUANTITY_MAX: Final[int]
SOURCE_SHA256: Final[str]

@final
class Slot:
    def __new__(
        cls,
        quantity: int = 1,
        *,
        products: Iterable[str] = (),
        departments: Iterable[str] = (),
        tags: Iterable[str] = (),
        except_products: Iterable[str] = (),
        except_tags: Iterable[str] = (),
        supplements: tuple[tuple[str, int], ...] = (),
    ) -> Self: ...
    @property
    def quantity(self) -> int: ...
    @property
    def products(self) -> frozenset[str]: ...
    @property
    def departments(self) -> frozenset[str]: ...
    @property
    def tags(self) -> frozenset[str]: ...
    @property
    def except_products(self) -> frozenset[str]: ...
    @property
    def except_tags(self) -> frozenset[str]: ...
    @property
    def supplements(self) -> tuple[tuple[str, int], ...]: ...

@final
class Pattern:
    def __new__(
        cls,
        id: str,
        slots: tuple[Slot, ...],
        *,
        version: int = 0,
        priority: int = 0,
        price: int | None = None,
        percent: int | None = None,
        amount: int | None = None,
        count: int = 0,
        dearest: bool = False,
        on: tuple[int, ...] = (),
        group: str | None = None,
        automatic: bool = True,
    ) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def slots(self) -> tuple[Slot, ...]: ...
    @property
    def group(self) -> str | None: ...
    @property
    def on(self) -> tuple[int, ...]: ...
    @property
    def count(self) -> int: ...
    @property
    def dearest(self) -> bool: ...
    @property
    def automatic(self) -> bool: ...
    @property
    def price(self) -> int | None: ...
    @property
    def percent(self) -> int | None: ...
    @property
    def amount(self) -> int | None: ...

@final
class ChosenMenu:
    def __new__(cls, pattern: str, lines: tuple[str, ...]) -> Self: ...
    @property
    def pattern(self) -> str: ...
    @property
    def lines(self) -> tuple[str, ...]: ...

@final
class Patterns:
    def __new__(cls, patterns: Iterable[Pattern], *, mode: int = 0, budget: int = 50_000) -> Self: ...
    @property
    def patterns(self) -> tuple[Pattern, ...]: ...
    @property
    def mode(self) -> int: ...
    @property
    def budget(self) -> int: ...
