"""Whom and where a basket is sold to: customer, table and zone, looked up once, and what they change of its VAT."""

from typing import Any, NamedTuple

from engine.catalogue import views_rates as rates
from engine.customers import views as customers
from engine.delivery import views as delivery
from engine.kernel.errors import Refusal
from engine.kernel.world import World
from engine.sales.records import Customer
from engine.shop import views as shop
from engine_ext.pricing import VAT_REF

EXEMPTING = frozenset({"exempt", "intra-eu"})
VAT_OFF_LABEL = "{title} déduite"

Names = dict[str, tuple[int | None, int | None, str]]


class Buyer(NamedTuple):
    """The customer (None: nobody is named) and the territory whose rates he pays (None: the shop's own)."""

    customer: customers.Customer | None = None
    territory: str | None = None

    @property
    def profile(self) -> str:
        """The customer's tax profile."""
        return "default" if self.customer is None else self.customer.profile

    def scheme(self, margin: str | None, cost: int | None, rate: int, names: Names, world: World) -> dict[str, Any]:
        """What pricing is told of a line's VAT besides its rate; the step that takes VAT off gets its name.

        Goods under the margin scheme stay taxed for a company of another member state (directive 2006/112/EC, art.
        139, 3); any other exemption takes their VAT off too.
        """
        profile = self.profile
        exempt = profile in EXEMPTING and not (margin is not None and profile == "intra-eu")
        if exempt and f"{VAT_REF}{rate}" not in names:
            found = rates.rate_on(world, rate, "customer")
            names[f"{VAT_REF}{rate}"] = (rate, found.version, VAT_OFF_LABEL.format(title=found.title))
        more: dict[str, Any] = {"exempt": True} if exempt else {}
        return more if margin is None else more | {"margin": True, "cost": cost}

    def sealed(self) -> Customer | None:
        """The customer as the ticket keeps him: his row's version, and on what his VAT rests."""
        found = self.customer
        return None if found is None else Customer(id=found.id, pv=found.version, tax=found.profile, proof=found.proof)


NOBODY = Buyer()


def draft_buyer(customer: int | None, table: int | None, zone: int | None, world: World) -> Buyer:
    """Refuses a customer, table or zone that is not there or not in use, and an exemption that no longer holds."""
    place = None if table is None else delivery.table(world, table)
    if table is not None and (place is None or not place.active):
        raise Refusal("sales.unknown_table", f"there is no table {table} in use", at="table")
    area = None if zone is None else delivery.zone(world, zone)
    if zone is not None and (area is None or not area.active):
        raise Refusal("sales.unknown_zone", f"there is no delivery zone {zone} in use", at="zone")
    if customer is None:
        return NOBODY
    found = customers.customer(world, customer)
    if found is None or not found.active:
        raise Refusal("sales.unknown_customer", f"there is no customer {customer} in use", at="customer")
    here = shop.settings(world).country
    if found.profile == "intra-eu" and found.country == here:
        text = f"{found.label} is in {here} like the shop: no supply to another member state"
        raise Refusal("sales.not_intra_eu", text, at="customer")
    return Buyer(found, found.territory)
