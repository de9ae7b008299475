"""Types of the compiled pricing."""

from collections.abc import Iterable
from typing import Final, final

from engine_ext.basket import BasketLine, RateTotal, SubtotalAdjustment
from engine_ext.misses import NearMiss
from engine_ext.patterns import ChosenMenu, Patterns
from engine_ext.sheet import Applied
from engine_ext.uses import PatternUse

ALGORITHM: Final[int]
ALGORITHM_PATTERNS: Final[int]
DECIMALS_MAX: Final[int]
KIND_AMOUNT: Final[str]
KIND_EXEMPT: Final[str]
KIND_FIXED: Final[str]
KIND_PERCENT: Final[str]
PHASE_LINE: Final[int]
PHASE_TICKET: Final[int]
PHASE_VAT: Final[int]
SEARCH_BOUNDED: Final[str]
SEARCH_EXACT: Final[str]
SOURCE_SHA256: Final[str]
SUBTOTALS_MAX: Final[int]
VAT_REF: Final[str]

@final
class PricedLine:
    @property
    def line(self) -> BasketLine: ...
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
    patterns: Patterns | None = None,
    menus: Iterable[ChosenMenu] = (),
    misses: bool = False,
) -> Priced: ...
