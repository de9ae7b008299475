"""What the payments capability answers to."""

from engine.kernel.capability import Capability
from engine.payments.kinds import PAYMENT_MODES

TABLE = Capability(
    name="payments",
    kinds=(PAYMENT_MODES,),
    refusals={
        "payments.amount_out_of_bounds": "a mode's proposed amount is out of its own bounds",
        "payments.below_min": "a leg pays less than its mode's minimum",
        "payments.bounds_reversed": "a mode's maximum is below its minimum",
        "payments.cannot_keep": "a mode of this type cannot keep what is too much",
        "payments.cash_limit": "the cash of one sale passes the legal limit",
        "payments.excess": "a leg is more than what is due, and its mode gives no change and keeps nothing",
        "payments.meal_voucher_cap": "meal vouchers have paid all that they may of one sale",
        "payments.mode_locked": "the payment mode is for another till only",
        "payments.mode_off": "the payment mode is not in use",
        "payments.mode_right": "the operator lacks the right that the payment mode needs",
        "payments.no_mode": "there is no such payment mode",
        "payments.no_refund": "nothing is given back by this payment mode",
        "payments.no_tip": "a refund, or a mode of this type, carries no tip",
        "payments.nothing_due": "a leg comes when nothing is due any more",
        "payments.nothing_tendered": "a leg hands over nothing",
        "payments.short": "the legs leave something due where nothing may stay due",
        "payments.tip_exceeds": "the tip is more than what is handed over",
        "payments.too_large": "an amount leaves the range of exact integers",
        "payments.unknown_right": "the right does not exist",
        "payments.wrong_sign": "an amount is negative in a sale, or positive in a refund",
    },
)
