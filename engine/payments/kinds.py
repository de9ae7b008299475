"""What people configure about payment: the modes, and the leg of a payment as a command asks for it."""

from typing import Annotated, Literal

from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row
from engine.kernel.messages import INTEGER_MAX, TILL_MAX, Cents, Id, Label
from engine.kernel.permissions import PERMISSIONS
from engine.kernel.world import World
from engine.shop.kinds import Account

LEGS_MAX = 20  # payment legs of one ticket
POSITION_MAX = 1_000_000

Type = Literal[
    "cash", "card", "check", "transfer", "meal_voucher", "holiday_voucher", "gift", "credit_note", "points", "other"
]
"""What a payment mode is, for the law and for the drawer."""

VOUCHERS = frozenset({"meal_voucher", "holiday_voucher", "gift"})
"""Types whose face value is fixed: what is too much is kept, never given back (fiscal.md, FR-40)."""

MAY_KEEP_EXCESS = VOUCHERS | {"check", "other"}
"""Types that may keep what is too much; a card, a transfer or a balance is simply charged the right amount."""

TIPPED = frozenset({"cash", "card", "check", "transfer", "other"})
"""Types that can carry a tip: money that staff can be handed, not vouchers or balances."""

Positive = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
"""An amount in minor units, more than nothing."""


class LegIn(Row, frozen=True, kw_only=True):
    """One payment as it is asked for, in minor units; in a refund amounts are negative.

    ``tendered`` is everything handed over, ``tip`` included; null: exactly what is still due, and the tip.
    """

    mode: Id
    tendered: Cents | None = None
    tip: Cents = 0


Legs = Annotated[tuple[LegIn, ...], Meta(max_length=LEGS_MAX)]
"""The payment of a ticket, in the order in which the legs were entered."""


class PaymentModeRow(Row, frozen=True, kw_only=True):
    """A payment mode, a key of the sale screen; amounts in minor units.

    ``amount`` is what one press of the key proposes; ``min`` and ``max`` bound what one leg pays (what passes ``max``
    stays due); ``keeps_excess`` is null where the type decides (vouchers keep); ``refund`` says whether money may go
    back this way; ``till`` ties the key to one till; ``right`` is a right needed to use it besides the ordinary one
    (null: none); ``account`` is its chapter in the books.
    """

    title: Label
    type: Type
    position: Annotated[int, Meta(ge=0, le=POSITION_MAX)] = 0
    amount: Positive | None = None
    min: Positive | None = None
    max: Positive | None = None
    keeps_excess: bool | None = None
    refund: bool = True
    till: Annotated[int, Meta(ge=1, le=TILL_MAX)] | None = None
    right: Annotated[str, Meta(max_length=64)] | None = None
    account: Account | None = None
    active: bool = True


def check_payment_mode(row: PaymentModeRow, world: World) -> PaymentModeRow:
    """Bounds in order, excess kept only by what can, a right that exists."""
    if row.min is not None and row.max is not None and row.max < row.min:
        raise Refusal("payments.bounds_reversed", "the maximum is below the minimum", at="row.max")
    if row.amount is not None and not (row.min or 0) <= row.amount <= (row.max or INTEGER_MAX):
        raise Refusal("payments.amount_out_of_bounds", "the proposed amount is out of the bounds", at="row.amount")
    if row.keeps_excess and row.type not in MAY_KEEP_EXCESS:
        raise Refusal("payments.cannot_keep", f"{row.type} cannot keep what is too much", at="row.keeps_excess")
    if row.right is not None and row.right not in PERMISSIONS:
        raise Refusal("payments.unknown_right", f"there is no right {row.right!r}", at="row.right")
    return row


PAYMENT_MODES = Kind(
    name="payment-modes",
    code=30,
    row=PaymentModeRow,
    permission="payments.write",
    fiscal=True,
    references={"till": "tills"},
    rows_max=1_000,
    check=check_payment_mode,
    example={"title": "Ticket restaurant", "type": "meal_voucher", "max": 2_500, "account": "511300"},
)
