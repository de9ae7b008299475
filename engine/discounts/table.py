"""What the discounts capability answers to."""

from engine.discounts.kinds import DISCOUNTS
from engine.kernel.capability import Capability

TABLE = Capability(
    name="discounts",
    kinds=(DISCOUNTS,),
    refusals={
        "discounts.bad_amount": "an amount or fixed price is out of bounds, or finer than a minor unit on a subtotal",
        "discounts.bad_percent": "a percentage is not between -100 and +1000",
        "discounts.changes_nothing": "the discount has neither percent nor amount nor fixed price",
        "discounts.fixed_excludes": "a fixed price stands beside a percent or an amount",
        "discounts.unknown_right": "the right does not exist",
    },
)
