"""What the discounts capability answers to."""

from engine.discounts.kinds import DISCOUNTS
from engine.discounts.kinds_coupons import COUPONS
from engine.discounts.kinds_rules import AUTOMATIC_RULES, LINE_RULES
from engine.discounts.kinds_units import MENUS, OFFERS, PACKS
from engine.discounts.lint_rules import LintRules, answer_lint
from engine.discounts.records import CouponReleased, CouponReserved, CouponRestored, CouponUsed
from engine.discounts.release_coupon import ReleaseCoupon, decide_release
from engine.discounts.reserve_coupon import ReserveCoupon, decide_reserve
from engine.discounts.state import fold_coupon_row, fold_released, fold_reserved, fold_restored, fold_used
from engine.discounts.views_coupons import AskCoupon, answer_coupon
from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.rows import RowPut

TABLE = Capability(
    name="discounts",
    kinds=(DISCOUNTS, LINE_RULES, OFFERS, MENUS, PACKS, AUTOMATIC_RULES, COUPONS),
    commands=(
        CommandRow(
            type=ReserveCoupon,
            decide=decide_reserve,
            permission="discounts.apply",
            example={"code": "BIENVENUE10", "order": "panier-42", "minutes": 20},
        ),
        CommandRow(
            type=ReleaseCoupon,
            decide=decide_release,
            permission="discounts.apply",
            example={"code": "BIENVENUE10", "order": "panier-42"},
        ),
    ),
    queries=(
        QueryRow(type=LintRules, answer=answer_lint, permission="discounts.read", example={}),
        QueryRow(type=AskCoupon, answer=answer_coupon, permission="discounts.read", example={"code": "BIENVENUE10"}),
    ),
    folds=(
        FoldRow(record=RowPut, fold=fold_coupon_row),
        FoldRow(record=CouponReserved, fold=fold_reserved),
        FoldRow(record=CouponReleased, fold=fold_released),
        FoldRow(record=CouponUsed, fold=fold_used),
        FoldRow(record=CouponRestored, fold=fold_restored),
    ),
    refusals={
        "discounts.bad_amount": "an amount or fixed price is out of bounds, or finer than a minor unit on a subtotal",
        "discounts.bad_percent": "a percentage is not between -100 and +1000",
        "discounts.changes_nothing": "the discount has neither percent nor amount nor fixed price",
        "discounts.coupon_of_others": "the coupon is for certain customers, and this is none of them",
        "discounts.coupon_refused": "a condition of the coupon does not hold; the data say which and by how much",
        "discounts.coupon_spent": "the coupon has no use left, or none for this customer",
        "discounts.fixed_excludes": "a fixed price stands beside a percent or an amount",
        "discounts.missing_figure": "a rule lacks the figure that its type needs",
        "discounts.named_twice": "a product is named twice",
        "discounts.names_nothing": "a rule names neither products nor departments",
        "discounts.never_applies": "a rule can never apply; the text says why",
        "discounts.not_reserved": "the order holds no use of the coupon",
        "discounts.raises_price": "a figure would raise the price where it may only lower it",
        "discounts.too_many_groups": "a book has no room for one more exclusivity group",
        "discounts.too_many_rules": "a book has no room for one more active rule",
        "discounts.unknown_coupon": "there is no such coupon in use",
        "discounts.unknown_right": "the right does not exist",
        "discounts.wrong_figure": "a rule has a figure that its type does not take",
    },
)
