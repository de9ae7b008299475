"""The slow twin of settling: every leg's split is searched among all possible ones, by what pricing.md says of it.

It knows nothing of how the engine computes: for each leg it lists every (counted, rounding) that the rules allow and
takes the one that pays the most, nearest to the coins. Amounts must be small. Negative totals are settled as positive
ones whose legs may neither give change nor keep nor tip.
"""

import dataclasses

VOUCHERS = ("meal_voucher", "holiday_voucher", "gift")
TIPPED = ("cash", "card", "check", "transfer", "other")


@dataclasses.dataclass(frozen=True)
class TwinMode:
    """A payment mode; amounts in minor units, ``max`` None for none."""

    type: str
    min: int = 0
    max: int | None = None
    keeps: bool | None = None
    refund: bool = True
    active: bool = True


@dataclasses.dataclass(frozen=True)
class TwinShop:
    """What the shop says: the smallest coin, and the limits per sale (None: none)."""

    step: int = 0
    cash_limit: int | None = None
    voucher_cap: int | None = None


class Declined(Exception):
    """Refused: (code, place)."""


def settle(
    shop: TwinShop,
    modes: dict[int, TwinMode],
    total: int,
    legs: list[tuple[int, int | None, int]],
    may_stay_due: bool,
    refund: bool,
) -> tuple[list[dict[str, int]], int]:
    """Sealed legs as dicts, and what stays due; ``legs`` are (mode, tendered, tip)."""
    back = refund or total < 0
    sign = -1 if back else 1
    due = sign * total
    done: list[dict[str, int]] = []
    paid_by = {"cash": 0, "meal_voucher": 0}
    for number, (id, signed, signed_tip) in enumerate(legs):
        place = f"payments[{number}]"
        mode, money, tip = _asked(modes.get(id), signed, signed_tip, back, place)
        place += ".tendered"
        free_ticket = due == 0 and number == 0 and not money
        if due == 0 and tip == 0 and not free_ticket:
            raise Declined("payments.nothing_due", place)
        if due > 0 and money == 0 and tip == 0:
            raise Declined("payments.nothing_tendered", place)

        room = 10**9 if mode.max is None else mode.max
        if mode.type == "meal_voucher" and shop.voucher_cap is not None and not back:
            left = shop.voucher_cap - paid_by["meal_voucher"]
            if due > 0 and left <= 0:
                raise Declined("payments.meal_voucher_cap", place)
            room = min(room, left)
        counted, rounding = _best(mode, due, money, room, shop.step)
        change = kept = 0
        if money is not None:
            if mode.type == "cash" and not back:
                change = money - counted
            else:
                kept = min(money, room) - counted
            keeps = mode.type in VOUCHERS if mode.keeps is None else mode.keeps
            if kept and (back or not keeps):
                raise Declined("payments.excess", place)
        due -= counted + rounding
        if mode.type == "cash":
            paid_by["cash"] += counted
            if shop.cash_limit is not None and paid_by["cash"] > shop.cash_limit:
                raise Declined("payments.cash_limit", place)
        if mode.type == "meal_voucher":
            paid_by["meal_voucher"] += counted + kept
        if not back and 0 < counted + kept < mode.min:
            raise Declined("payments.below_min", place)
        amounts = {
            "mode": id,
            "tendered": counted + change + tip + kept,
            "counted": counted,
            "change": change,
            "tip": tip,
            "rounding": rounding,
            "kept": kept,
        }
        done.append({name: value if name == "mode" else sign * value for name, value in amounts.items()})
    if due and not may_stay_due:
        raise Declined("payments.short", f"payments[{len(legs) - 1}].tendered" if legs else "payments")
    return done, sign * due


def _asked(
    mode: TwinMode | None, signed: int | None, signed_tip: int, back: bool, place: str
) -> tuple[TwinMode, int | None, int]:
    """(mode, money without the tip or None for what is due, tip), both positive; declined where they cannot be."""
    sign = -1 if back else 1
    if mode is None:
        raise Declined("payments.no_mode", f"{place}.mode")
    if not mode.active:
        raise Declined("payments.mode_off", f"{place}.mode")
    if back and not mode.refund:
        raise Declined("payments.no_refund", f"{place}.mode")
    tip = sign * signed_tip
    if tip != 0 and (back or mode.type not in TIPPED):
        raise Declined("payments.no_tip", f"{place}.tip")
    if tip < 0:
        raise Declined("payments.wrong_sign", f"{place}.tip")
    if signed is None:
        return mode, None, tip
    if sign * signed < 0:
        raise Declined("payments.wrong_sign", f"{place}.tendered")
    if sign * signed < tip:
        raise Declined("payments.tip_exceeds", f"{place}.tip")
    return mode, sign * signed - tip, tip


def _best(mode: TwinMode, due: int, money: int | None, room: int, step: int) -> tuple[int, int]:
    """(counted, rounding): all of what is due in the nearest coins if the leg can, else as much as it can."""
    most = room if money is None else min(room, money)
    if mode.type == "cash" and step > 1:
        coins = [amount for amount in range(due + step + 1) if amount % step == 0]
        nearest = min(abs(amount - due) for amount in coins)
        # Halves away from zero: of two coins equally near the larger.
        target = max(amount for amount in coins if abs(amount - due) == nearest)
        if target <= most:
            return target, due - target
    return max(amount for amount in range(due + 1) if amount <= most), 0
