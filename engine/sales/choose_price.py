"""Phase 0 of a line: which of a product's prices under conditions holds for this sale."""

from engine.catalogue import views_prices as prices
from engine.customers.views import Customer
from engine.kernel.world import World
from engine.shop import views as shop


def chosen_price(
    choices: prices.Prices, world: World, *, product: int, counted: int, mode: int, customer: Customer | None
) -> prices.Price | None:
    """The price of the first level at which one holds, or None: then the catalogue's does.

    ``choices`` are those for anybody; a customer's own contracts are added. ``counted`` is how much of the product the
    whole ticket holds (1/1000). Weekday and hours are the shop's: its business day, its civil minute.
    """
    id = group = 0
    if customer is not None:
        id, group = customer.id, customer.group or 0
        choices = prices.prices(world, product, id)
    if not choices:
        return None
    asked = prices.Asked(mode, id, group, world.day, shop.weekday(world), shop.minute(world), counted)
    return prices.choose(choices, asked)
