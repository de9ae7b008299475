"""Baskets as tills send them: lines, discounts, payments, and to whom and where; checked for their form only."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.discounts.kinds_coupons import CouponCode
from engine.discounts.views_coupons import Order
from engine.kernel.kinds import Quantity, Row, UnitPrice
from engine.kernel.messages import INTEGER_MAX, LINES_MAX, Cents, Decimal, Id, Label, Note
from engine.payments.kinds import Legs

DISCOUNTS_MAX = 20  # subtotal discounts of one ticket
LINE_OPTIONS_MAX = 20  # options chosen on one line
PERCENT_PLACES = 3  # percentages are thousandths of a percent inside
MODE_MAX = 6
COVERS_MAX = 999
CHOSEN_MAX = 100  # menus and packs chosen by their button
CHOSEN_UNITS_MAX = 200  # units of one of them
COUPONS_MAX = 10
WITHOUT_MAX = 100

LineNumber = Annotated[int, Meta(ge=1, le=LINES_MAX)]
"""A line by its number as entered, from 1."""


class LineDiscountIn(Row, frozen=True, kw_only=True):
    """A line's discount or surcharge: a configured one by ``id``, or a free one by ``percent`` ("-10"), ``amount`` per
    unit ("-0.5") or ``fixed`` price per unit, which needs the right ``sales.free_discount``."""

    id: Id | None = None
    percent: Annotated[Decimal, Meta(extra={"places": PERCENT_PLACES})] | None = None
    amount: UnitPrice | None = None
    fixed: UnitPrice | None = None
    label: Label | None = None


class DiscountIn(Row, frozen=True, kw_only=True):
    """A discount, surcharge or fixed price over the lines listed by number (from 1, as entered), or over all of them.

    ``amount`` and ``fixed`` are minor units. A free one needs the right ``sales.free_discount``.
    """

    id: Id | None = None
    percent: Annotated[Decimal, Meta(extra={"places": PERCENT_PLACES})] | None = None
    amount: Cents | None = None
    fixed: Cents | None = None
    label: Label | None = None
    lines: Annotated[tuple[LineNumber, ...], Meta(max_length=LINES_MAX)] = ()


class LineIn(Row, frozen=True, kw_only=True):
    """One line: a product, or a department with a price, or only a price (the shop's default VAT).

    ``price`` on a product that has one needs the right ``sales.typed_price``; ``quantity`` is 1 where none is said,
    but what is weighed needs the scale's; ``label`` names a line without product;
    ``options`` are ids of choices in the product's option sets.
    """

    product: Id | None = None
    department: Id | None = None
    price: UnitPrice | None = None
    quantity: Quantity | None = None
    label: Label | None = None
    options: Annotated[tuple[Id, ...], Meta(max_length=LINE_OPTIONS_MAX)] = ()
    note: Note | None = None
    discount: LineDiscountIn | None = None


class ChosenIn(Row, frozen=True, kw_only=True):
    """A menu or a pack chosen by its button: the number of the line of each unit, in the order of its slots or items.

    A line stands there once for each of its units that serves.
    """

    menu: Id | None = None
    pack: Id | None = None
    lines: Annotated[tuple[LineNumber, ...], Meta(min_length=1, max_length=CHOSEN_UNITS_MAX)]


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """What selling and pricing have in common.

    ``mode`` is the sales mode (default: the till's, else the shop's); ``shown_total`` what the till showed: where the
    engine's total differs the sale is refused with the new ticket; ``unpaid`` lets a rest stay due; ``receipt`` says
    that the customer asked for one. ``customer``, ``table`` and delivery ``zone`` are ids of rows; ``covers`` is how
    many people eat. ``menus`` are the menus and packs chosen by their button, ``coupons`` the codes shown, ``order``
    the order whose reserved coupons these are; ``without`` are the automatic rules that the cashier left out, which
    needs the right ``sales.remove_automatic``.
    """

    lines: Annotated[tuple[LineIn, ...], Meta(min_length=1, max_length=LINES_MAX)]
    mode: Annotated[int, Meta(ge=0, le=MODE_MAX)] | None = None
    discounts: Annotated[tuple[DiscountIn, ...], Meta(max_length=DISCOUNTS_MAX)] = ()
    payments: Legs = ()
    shown_total: Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | None = None
    unpaid: bool = False
    note: Note | None = None
    receipt: bool = False
    customer: Id | None = None
    table: Id | None = None
    covers: Annotated[int, Meta(ge=0, le=COVERS_MAX)] = 0
    zone: Id | None = None
    menus: Annotated[tuple[ChosenIn, ...], Meta(max_length=CHOSEN_MAX)] = ()
    coupons: Annotated[tuple[CouponCode, ...], Meta(max_length=COUPONS_MAX)] = ()
    order: Order | None = None
    without: Annotated[tuple[Id, ...], Meta(max_length=WITHOUT_MAX)] = ()
