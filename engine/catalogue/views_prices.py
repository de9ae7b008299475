"""What others may ask about prices under conditions: the one that holds for a product here and now (phase 0)."""

from typing import NamedTuple

from engine.catalogue import views
from engine.catalogue.kinds_prices import PRICES, PRICES_OF_PRODUCT_MAX, PriceRow
from engine.catalogue.state import PRICES_OF
from engine.kernel.money import quantity, unit_price
from engine.kernel.world import World
from engine.shop.kinds import parse_day

CONTRACT = 1
BAND = 2
TIER = 3
MODE = 4


class Asked(NamedTuple):
    """What of a sale a price may depend on: sales mode, customer and group (0: none), business day (ordinal) and its
    weekday, civil minute, and units of the product on the whole ticket (1/1000)."""

    mode: int
    customer: int
    group: int
    day: int
    weekday: int
    minute: int
    quantity: int


class Price(NamedTuple):
    """A price under conditions, ready to be chosen: sorted, the first that holds is the one.

    ``level`` is its step in phase 0; ``price`` a unit price (1/10 000); ``id`` the row, 0 for a product's own price of
    a sales mode. The rest is what must hold; 0, None and an empty set ask nothing.
    """

    level: int
    price: int
    id: int
    mode: int | None
    customer: int
    group: int
    first: int
    last: int
    weekdays: frozenset[int]
    from_minute: int | None
    until_minute: int
    least: int

    def holds(self, asked: Asked) -> bool:
        """Whether every condition holds."""
        return (
            (self.mode is None or self.mode == asked.mode)
            and self.customer in (0, asked.customer)
            and self.group in (0, asked.group)
            and self.first <= asked.day <= self.last
            and (not self.weekdays or asked.weekday in self.weekdays)
            and asked.quantity >= self.least
            and (self.from_minute is None or _within(asked.minute, self.from_minute, self.until_minute))
        )


Prices = tuple[Price, ...]


def _within(minute: int, first: int, until: int) -> bool:
    """Whether a minute is in a band that may cross midnight; its beginning is, its end is not."""
    return first <= minute < until if first < until else minute >= first or minute < until


def _level(row: PriceRow) -> int:
    """The step of phase 0: a contract before hours and days, before quantities, before the sales mode."""
    if row.customer is not None or row.group is not None:
        return CONTRACT
    if row.from_minute is not None or row.weekdays or row.first is not None or row.last is not None:
        return BAND
    return TIER if row.from_quantity is not None else MODE


def _price(row: PriceRow, version: int) -> Price:
    return Price(
        level=_level(row),
        price=unit_price(row.price, "price"),
        id=0,
        mode=row.mode,
        customer=row.customer or 0,
        group=row.group or 0,
        first=0 if row.first is None else parse_day(row.first, "first"),
        last=10**7 if row.last is None else parse_day(row.last, "last"),
        weekdays=frozenset(row.weekdays),
        from_minute=row.from_minute,
        until_minute=row.until_minute or 0,
        least=0 if row.from_quantity is None else quantity(row.from_quantity, "from_quantity"),
    )


def _rows(world: World, key: tuple[int, int]) -> Prices:
    """The rows of a product for one customer, or (0) those for all."""
    found = []
    for (_, _, id), _ in world.scan(PRICES_OF, *key, limit=PRICES_OF_PRODUCT_MAX):
        made = world.compiled(PRICES, id, _price)
        assert made is not None, f"price {id} was removed and is still in the index"
        found.append(made._replace(id=id))
    return tuple(found)


def _ready_prices(world: World, key: tuple[int, int]) -> Prices:
    product, customer = key
    general = world.ready(_rows, (product, 0))
    own = world.ready(_rows, key) if customer else ()
    if not general and not own:
        return ()
    item = views.item(world, product)
    modes = {} if item is None else item.mode_prices
    # A product's own price of a mode is of the level of price lists by mode, and asks for nothing else.
    listed = [Price(MODE, price, 0, mode, 0, 0, 0, 10**7, frozenset(), None, 0, 0) for mode, price in modes.items()]
    return tuple(sorted((*own, *general, *listed), key=lambda price: price[:3]))


def prices(world: World, product: int, customer: int = 0) -> Prices:
    """What a product may cost besides its catalogue price, the first choice first; empty where it has no price rows.

    Made ready once per product (and per customer with a contract), and kept until a row that people configure changes.
    """
    return world.ready(_ready_prices, (product, customer))


def choose(choices: Prices, asked: Asked) -> Price | None:
    """The price of the first level of phase 0 at which any holds, there the lowest, then of the lower id; or None."""
    for price in choices:
        if price.holds(asked):
            return price
    return None
