"""What others may ask about customers: one of them, ready for pricing."""

import msgspec

from engine.customers.kinds import CUSTOMERS, CustomerRow
from engine.discounts import views as discounts
from engine.kernel.money import QUANTITY_PLACES, parse_decimal
from engine.kernel.world import World


class CustomerDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer gets off every ticket (pricing.md, phase 3): ``percent`` in 1/1000 %, ``amount`` in minor units,
    both signed; ``id`` and ``version`` of the configured discount, or of the customer where the percentage is his own.
    """

    id: int
    version: int
    own: bool
    label: str
    percent: int
    amount: int


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer: ``version`` is the position of the row, ``proof`` the number that the tax profile rests on (of the
    exemption, or the VAT number of an intra-EU customer), ``territory`` whose rates hold (regional), else None."""

    id: int
    version: int
    label: str
    group: int | None
    profile: str
    proof: str | None
    territory: str | None
    country: str
    discount: CustomerDiscount | None
    active: bool


def customer(world: World, id: int) -> Customer | None:
    """The customer, active or not, or None."""
    return world.ready(_ready_customer, id)


def _row_and_version(row: CustomerRow, version: int) -> tuple[CustomerRow, int]:
    return row, version


def _ready_customer(world: World, id: int) -> Customer | None:
    found = world.compiled(CUSTOMERS, id, _row_and_version)
    if found is None:
        return None
    row, version = found
    return Customer(
        id=id,
        version=version,
        label=row.title,
        group=row.group,
        profile=row.tax_profile,
        proof=row.vat_number if row.tax_profile == "intra-eu" else row.proof,
        territory=row.territory,
        country=row.country,
        discount=_discount(world, row, id, version),
        active=row.active,
    )


def _discount(world: World, row: CustomerRow, id: int, version: int) -> CustomerDiscount | None:
    """The customer's discount; a configured one that is no longer in use, or no longer for tickets, is not given."""
    if row.percent is not None:
        percent = parse_decimal(row.percent, QUANTITY_PLACES, "percent")
        return CustomerDiscount(id=id, version=version, own=True, label=row.title, percent=percent, amount=0)
    found = None if row.discount is None else discounts.discount(world, row.discount)
    if found is None or not found.active or not found.for_subtotal or found.fixed is not None:
        return None
    return CustomerDiscount(
        id=found.id,
        version=found.version,
        own=False,
        label=found.label,
        percent=found.percent,
        amount=found.amount or 0,
    )
