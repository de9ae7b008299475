"""Types of the compiled rule book: what is configured once and prices every ticket."""

from collections.abc import Iterable
from typing import Final, Self, final

from engine_ext.basket import BasketLine
from engine_ext.conditions import Conditions
from engine_ext.patterns import Patterns

ADDED_PREFIX: Final[str]
COUPONS_MAX: Final[int]
REMOVED_MAX: Final[int]
RULES_MAX: Final[int]
SOURCE_SHA256: Final[str]

@final
class LineRule:
    def __new__(
        cls,
        id: str,
        *,
        version: int = 0,
        priority: int = 0,
        stack: str | None = None,
        percent: int = 0,
        amount: int = 0,
        fixed: int | None = None,
        products: Iterable[str] = (),
        departments: Iterable[str] = (),
        tags: Iterable[str] = (),
        except_products: Iterable[str] = (),
        except_departments: Iterable[str] = (),
        except_tags: Iterable[str] = (),
        conditions: Conditions | None = None,
    ) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def stack(self) -> str | None: ...
    @property
    def percent(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def fixed(self) -> int | None: ...
    @property
    def products(self) -> frozenset[str]: ...
    @property
    def departments(self) -> frozenset[str]: ...
    @property
    def tags(self) -> frozenset[str]: ...
    @property
    def except_products(self) -> frozenset[str]: ...
    @property
    def except_departments(self) -> frozenset[str]: ...
    @property
    def except_tags(self) -> frozenset[str]: ...
    @property
    def conditions(self) -> Conditions: ...

@final
class AddedItem:
    def __new__(cls, line: BasketLine, *, per_cover: bool = False) -> Self: ...
    @property
    def line(self) -> BasketLine: ...
    @property
    def per_cover(self) -> bool: ...

@final
class TicketRule:
    def __new__(
        cls,
        id: str,
        *,
        version: int = 0,
        priority: int = 0,
        conditions: Conditions | None = None,
        item: AddedItem | None = None,
        percent: int = 0,
        amount: int = 0,
    ) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def conditions(self) -> Conditions: ...
    @property
    def item(self) -> AddedItem | None: ...
    @property
    def percent(self) -> int: ...
    @property
    def amount(self) -> int: ...

@final
class CustomerDiscount:
    def __new__(cls, id: str, *, version: int = 0, percent: int = 0, amount: int = 0) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def percent(self) -> int: ...
    @property
    def amount(self) -> int: ...

@final
class Coupon:
    def __new__(
        cls,
        id: str,
        *,
        version: int = 0,
        percent: int = 0,
        amount: int = 0,
        conditions: Conditions | None = None,
        products: Iterable[str] = (),
        departments: Iterable[str] = (),
    ) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def percent(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def conditions(self) -> Conditions: ...
    @property
    def products(self) -> frozenset[str]: ...
    @property
    def departments(self) -> frozenset[str]: ...

@final
class Book:
    def __new__(
        cls,
        *,
        line_rules: Iterable[LineRule] = (),
        patterns: Patterns | None = None,
        ticket_rules: Iterable[TicketRule] = (),
    ) -> Self: ...
    @property
    def line_rules(self) -> tuple[LineRule, ...]: ...
    @property
    def patterns(self) -> Patterns | None: ...
    @property
    def ticket_rules(self) -> tuple[TicketRule, ...]: ...
