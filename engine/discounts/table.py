"""What the discounts capability answers to."""

from engine.discounts.kinds import DISCOUNTS
from engine.discounts.kinds_coupons import COUPONS
from engine.discounts.kinds_rules import AUTOMATIC_RULES, LINE_RULES
from engine.discounts.kinds_units import MENUS, OFFERS, PACKS
from engine.kernel.capability import Capability

TABLE = Capability(
    name="discounts",
    kinds=(DISCOUNTS, LINE_RULES, OFFERS, MENUS, PACKS, AUTOMATIC_RULES, COUPONS),
    refusals={
        "discounts.bad_amount": "an amount or fixed price is out of bounds, or finer than a minor unit on a subtotal",
        "discounts.bad_percent": "a percentage is not between -100 and +1000",
        "discounts.changes_nothing": "the discount has neither percent nor amount nor fixed price",
        "discounts.fixed_excludes": "a fixed price stands beside a percent or an amount",
        "discounts.missing_figure": "a rule lacks the figure that its type needs",
        "discounts.named_twice": "a product is named twice",
        "discounts.names_nothing": "a rule names neither products nor departments",
        "discounts.never_applies": "a rule can never apply; the text says why",
        "discounts.raises_price": "a figure would raise the price where it may only lower it",
        "discounts.too_many_groups": "a book has no room for one more exclusivity group",
        "discounts.too_many_rules": "a book has no room for one more active rule",
        "discounts.unknown_right": "the right does not exist",
        "discounts.wrong_figure": "a rule has a figure that its type does not take",
    },
)
