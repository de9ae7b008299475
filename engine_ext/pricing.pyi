"""Types of the compiled pricing."""

from collections.abc import Iterable
from typing import Final, final

from engine_ext.basket import BasketLine, RateTotal, SubtotalAdjustment
from engine_ext.book import Book, Coupon, CustomerDiscount, TicketRule
from engine_ext.conditions import Context
from engine_ext.misses import NearMiss
from engine_ext.patterns import ChosenMenu
from engine_ext.sheet import Applied
from engine_ext.uses import PatternUse

ALGORITHM: Final[int]
ALGORITHM_PATTERNS: Final[int]
ALGORITHM_RULES: Final[int]
DECIMALS_MAX: Final[int]
KIND_EXEMPT: Final[str]
PHASE_VAT: Final[int]
RULE_VAT: Final[str]
SEARCH_BOUNDED: Final[str]
SEARCH_EXACT: Final[str]
SOURCE_SHA256: Final[str]
VAT_REF: Final[str]

@final
class PricedLine:
    @property
    def line(self) -> BasketLine: ...
    @property
    def rule(self) -> TicketRule | None: ...
    @property
    def id(self) -> str: ...
    @property
    def unit(self) -> int: ...
    @property
    def base(self) -> int: ...
    @property
    def shares(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def amount(self) -> int: ...
    @property
    def vat(self) -> int: ...
    @property
    def cost(self) -> int | None: ...
    def figures(self) -> tuple[str, tuple[str, int, int], int, int, int, tuple[tuple[int, int], ...], int, int]: ...

@final
class Priced:
    @property
    def lines(self) -> tuple[PricedLine, ...]: ...
    @property
    def rates(self) -> tuple[RateTotal, ...]: ...
    @property
    def discounts(self) -> tuple[Applied, ...]: ...
    @property
    def total(self) -> int: ...
    @property
    def vat(self) -> int: ...
    @property
    def net(self) -> int: ...
    @property
    def basis(self) -> int: ...
    @property
    def algorithm(self) -> int: ...
    @property
    def uses(self) -> tuple[PatternUse, ...]: ...
    @property
    def search(self) -> str | None: ...
    @property
    def nodes(self) -> int: ...
    @property
    def misses(self) -> tuple[NearMiss, ...]: ...

def price(
    lines: Iterable[BasketLine],
    subtotals: Iterable[SubtotalAdjustment] = (),
    *,
    basis: int = 0,
    decimals: int = 2,
    book: Book | None = None,
    context: Context | None = None,
    menus: Iterable[ChosenMenu] = (),
    customer: CustomerDiscount | None = None,
    coupons: Iterable[Coupon] = (),
    removed: Iterable[str] = (),
    misses: bool = False,
) -> Priced: ...
