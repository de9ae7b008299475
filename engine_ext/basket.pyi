"""Types of the compiled baskets: what goes into pricing, and its errors."""

from typing import Final, Self, final

BASIS_GROSS: Final[int]
BASIS_NET: Final[int]
NATURE_DEPOSIT: Final[int]
NATURE_GOODS: Final[int]
NATURE_STORED: Final[int]
OPTIONS_MAX: Final[int]
PERCENT_MAX: Final[int]
PERCENT_MIN: Final[int]
PRIORITY_MAX: Final[int]
SCHEME_EXEMPT: Final[int]
SCHEME_MARGIN: Final[int]
SOURCE_SHA256: Final[str]
TAGS_MAX: Final[int]

class PricingError(Exception):
    code: str
    line_id: str | None
    text: str
    def __init__(self, code: str, line_id: str | None, text: str) -> None: ...

@final
class LineAdjustment:
    def __new__(
        cls,
        ref: str,
        *,
        percent: int = 0,
        amount: int = 0,
        fixed: int | None = None,
        priority: int = 0,
        stack: str | None = None,
    ) -> Self: ...
    @property
    def ref(self) -> str: ...
    @property
    def percent(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def has_fixed(self) -> bool: ...
    @property
    def fixed(self) -> int | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def stack(self) -> str | None: ...

@final
class SubtotalAdjustment:
    def __new__(
        cls, ref: str, *, lines: tuple[str, ...] = (), percent: int = 0, amount: int = 0, fixed: int | None = None
    ) -> Self: ...
    @property
    def ref(self) -> str: ...
    @property
    def lines(self) -> tuple[str, ...]: ...
    @property
    def percent(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def has_fixed(self) -> bool: ...
    @property
    def fixed(self) -> int | None: ...

@final
class BasketLine:
    def __new__(
        cls,
        *,
        id: str,
        product: str | None,
        department: str | None,
        category: str,
        rate: int,
        quantity: int,
        catalogue: int,
        listed: int | None = None,
        typed: int | None = None,
        options: tuple[tuple[str, int], ...] = (),
        nature: int = 0,
        manual: LineAdjustment | None = None,
        default: LineAdjustment | None = None,
        cost: int | None = None,
        margin: bool = False,
        exempt: bool = False,
        tags: tuple[str, ...] = (),
    ) -> Self: ...
    @property
    def id(self) -> str: ...
    @property
    def product(self) -> str | None: ...
    @property
    def department(self) -> str | None: ...
    @property
    def category(self) -> str: ...
    @property
    def rate(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit(self) -> int: ...
    @property
    def is_typed(self) -> bool: ...
    @property
    def nature(self) -> int: ...
    @property
    def options(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def manual(self) -> LineAdjustment | None: ...
    @property
    def default(self) -> LineAdjustment | None: ...
    @property
    def scheme(self) -> int: ...

@final
class RateTotal:
    @property
    def category(self) -> str: ...
    @property
    def rate(self) -> int: ...
    @property
    def nature(self) -> int: ...
    @property
    def scheme(self) -> int: ...
    @property
    def gross(self) -> int: ...
    @property
    def vat(self) -> int: ...
    @property
    def net(self) -> int: ...
