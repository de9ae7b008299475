"""What others may ask about payment: the configured modes, and the settling of a ticket by its legs (pricing.md, 5)."""

from typing import NoReturn

import msgspec

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX
from engine.kernel.world import World
from engine.payments.kinds import PAYMENT_MODES, TIPPED, VOUCHERS, LegIn, PaymentModeRow
from engine.payments.records import Leg
from engine.shop import views as shop
from engine.staff import views as staff


class Mode(msgspec.Struct, frozen=True, kw_only=True):
    """A payment mode, ready for use; amounts in minor units.

    ``gives_change`` is true for cash only; ``keeps_excess`` for vouchers and what is configured so; ``tips`` where a
    leg may carry a tip; ``till`` is the only till that may use it (None: all).
    """

    id: int
    version: int
    label: str
    type: str
    gives_change: bool
    keeps_excess: bool
    tips: bool
    min: int
    max: int
    refund: bool
    till: int | None
    right: str | None
    account: str | None
    active: bool


def _mode(row: PaymentModeRow, version: int) -> Mode:
    return Mode(
        id=0,
        version=version,
        label=row.title,
        type=row.type,
        gives_change=row.type == "cash",
        keeps_excess=row.type in VOUCHERS if row.keeps_excess is None else row.keeps_excess,
        tips=row.type in TIPPED,
        min=row.min or 0,
        max=INTEGER_MAX if row.max is None else row.max,
        refund=row.refund,
        till=row.till,
        right=row.right,
        account=row.account,
        active=row.active,
    )


def _ready_mode(world: World, id: int) -> Mode | None:
    found = world.compiled(PAYMENT_MODES, id, _mode)
    return None if found is None else msgspec.structs.replace(found, id=id)


def mode(world: World, id: int) -> Mode | None:
    """The payment mode, active or not, or None."""
    return world.ready(_ready_mode, id)


def round_cash(amount: int, step: int) -> int:
    """An amount in minor units as coins can pay it: the nearest multiple of ``step``, halves away from zero.

    A step of 0 or 1 rounds nothing. Rounding is symmetric in sign, so a refund mirrors its sale.
    """
    if step <= 1:
        return amount
    rounded = (2 * abs(amount) + step) // (2 * step) * step
    return rounded if amount >= 0 else -rounded


_WRONG = {1: "negative", -1: "positive"}
"""What an amount of a sale (1) or of a refund (-1) may not be."""


class _Till(msgspec.Struct):
    """What is still to be settled while the legs are taken one by one; amounts are positive, in minor units."""

    due: int
    back: bool  # money goes back to the customer
    step: int
    cash: int
    cash_limit: int
    vouchers: int
    voucher_cap: int
    cut: dict[str, int] | None = None  # the last leg that a maximum made smaller


class _Split(msgspec.Struct, frozen=True):
    """How one leg's money divides, tip aside; amounts are positive but ``rounding``, in minor units."""

    counted: int
    change: int = 0
    rounding: int = 0
    kept: int = 0


def _limits(world: World, day: int) -> tuple[int, int, int]:
    """(step of cash, most cash, most in meal vouchers) of one sale on a business day, in minor units."""
    settings = shop.settings(world)
    cash = shop.limit_on(settings.cash_limits, day)
    vouchers = shop.limit_on(settings.meal_voucher_caps, day)
    return (
        settings.cash_rounding_step,
        INTEGER_MAX if cash is None else cash,
        INTEGER_MAX if vouchers is None else vouchers,
    )


def settle(
    world: World,
    total: int,
    legs: tuple[LegIn, ...],
    *,
    may_stay_due: bool,
    refund: bool,
    before: tuple[Leg, ...] = (),
) -> tuple[tuple[Leg, ...], int]:
    """The sealed legs that pay ``total``, and what stays due, all in minor units with the sign of the total.

    For every leg ``tendered = counted + change + tip + kept``; together ``Σ counted + Σ rounding + due = total``.
    ``before`` are the legs that were sealed for the same ticket earlier: the limits of cash and meal vouchers are
    for the whole ticket. A refund, like anything else with a negative total, mirrors a sale, and gives neither
    change nor tip. Refusals name the leg (``payments[1].tendered``).
    """
    assert not (refund and total > 0), "a refund has no positive total"
    back = refund or total < 0
    sign = -1 if back else 1
    step, cash_limit, voucher_cap = world.ready(_limits, world.day)
    state = _Till(
        due=abs(total),
        back=back,
        step=step,
        cash=sum(abs(leg.counted) for leg in before if leg.type == "cash") if before else 0,
        cash_limit=cash_limit,
        vouchers=sum(abs(leg.counted + leg.kept) for leg in before if leg.type == "meal_voucher") if before else 0,
        voucher_cap=voucher_cap,
    )
    settled = []
    for number, leg in enumerate(legs):
        chosen = _usable(world, leg.mode, back, number)
        money, tip = _handed(leg, chosen, sign, number)
        split = _take(state, chosen, money, tip, number)
        tendered = split.counted + split.change + split.kept + tip
        settled.append(
            Leg(
                mode=chosen.id,
                type=chosen.type,
                l=chosen.label,
                tendered=sign * tendered,
                counted=sign * split.counted,
                change=sign * split.change,
                tip=sign * tip,
                rounding=sign * split.rounding,
                kept=sign * split.kept,
            )
        )
    if state.due and not may_stay_due:
        _refuse_short(state, sign, len(legs))
    return tuple(settled), sign * state.due


def _usable(world: World, id: int, back: bool, number: int) -> Mode:
    """The mode, if this till and this operator may use it now, in this direction."""
    found = mode(world, id)
    if found is None:
        raise Refusal("payments.no_mode", f"there is no payment mode {id}", at=f"payments[{number}].mode")
    if not found.active:
        raise Refusal(
            "payments.mode_off", f"payment mode {id} ({found.label}) is not in use", at=f"payments[{number}].mode"
        )
    if found.till is not None and found.till != world.actor.till:
        raise Refusal(
            "payments.mode_locked", f"payment mode {id} is for till {found.till} only", at=f"payments[{number}].mode"
        )
    if back and not found.refund:
        raise Refusal("payments.no_refund", f"nothing is given back by {found.label}", at=f"payments[{number}].mode")
    if found.right is not None and not staff.role_allows(world, world.actor, found.right):
        text = f"payment mode {id} ({found.label}) needs the right {found.right}"
        raise Refusal("payments.mode_right", text, at=f"payments[{number}].mode", data={"right": found.right})
    return found


def _handed(leg: LegIn, chosen: Mode, sign: int, number: int) -> tuple[int | None, int]:
    """(money for the ticket or None for "exactly what is due", tip), both positive, in minor units."""
    tip = sign * leg.tip
    tendered = None if leg.tendered is None else sign * leg.tendered
    if tip and (sign < 0 or not chosen.tips):
        where = "a refund" if sign < 0 else chosen.label
        raise Refusal("payments.no_tip", f"{where} carries no tip", at=f"payments[{number}].tip")
    if tip < 0:
        raise Refusal("payments.wrong_sign", f"a tip is never {_WRONG[sign]}", at=f"payments[{number}].tip")
    if tendered is None:
        return None, tip
    if tendered < 0:
        kind = "refund" if sign < 0 else "sale"
        raise Refusal(
            "payments.wrong_sign", f"an amount of a {kind} is never {_WRONG[sign]}", at=f"payments[{number}].tendered"
        )
    if tip > tendered:
        raise Refusal("payments.tip_exceeds", "the tip is more than what was handed over", at=f"payments[{number}].tip")
    return tendered - tip, tip


def _take(state: _Till, chosen: Mode, money: int | None, tip: int, number: int) -> _Split:
    """Takes one leg: divides its money, lowers what is due, and refuses what may not be."""
    if not state.due and not tip and (money or number):
        raise Refusal("payments.nothing_due", "nothing is due any more", at=f"payments[{number}].tendered")
    if money == 0 and state.due and not tip:
        raise Refusal("payments.nothing_tendered", "a payment of nothing", at=f"payments[{number}].tendered")
    split = _cash(state, chosen, money, number) if chosen.gives_change else _other(state, chosen, money, number)
    paid = split.counted + split.kept
    if paid + split.change + tip > INTEGER_MAX:
        raise Refusal(
            "payments.too_large", "the amount leaves the range of exact integers", at=f"payments[{number}].tendered"
        )
    if 0 < paid < chosen.min and not state.back:
        text = f"{chosen.label} pays {chosen.min} at least"
        raise Refusal(
            "payments.below_min", text, at=f"payments[{number}].tendered", data={"min": chosen.min, "paid": paid}
        )
    return split


def _cut(state: _Till, wanted: int, room: int, number: int) -> int:
    """What a leg may pay of what it wants to: at most ``room``; a cut is noted, since it explains what stays due."""
    if wanted > room:
        state.cut = {"leg": number, "wanted": wanted, "max": room}
    return min(wanted, room)


def _refuse_excess(state: _Till, chosen: Mode, excess: int, number: int) -> NoReturn:
    sign = -1 if state.back else 1
    raise Refusal(
        "payments.excess",
        f"{excess} more than what is {'to be given back' if state.back else 'due'} by {chosen.label}",
        at=f"payments[{number}].tendered",
        data={"due": sign * state.due, "excess": sign * excess},
    )


def _cash(state: _Till, chosen: Mode, money: int | None, number: int) -> _Split:
    """Cash pays up to what is due and gives the rest back; the leg that pays all of it is rounded to the coins."""
    due = state.due
    if money is not None and state.back:
        money = _cut(state, money, chosen.max, number)
    rounded = round_cash(due, state.step)
    if rounded <= chosen.max and (money is None or money >= rounded):
        split = _Split(counted=rounded, change=(money or rounded) - rounded, rounding=due - rounded)
    else:
        counted = _cut(state, due if money is None else min(money, due), chosen.max, number)
        split = _Split(counted=counted, change=0 if money is None else money - counted)
    if split.change and state.back:
        _refuse_excess(state, chosen, split.change, number)
    state.due -= split.counted + split.rounding
    state.cash += split.counted
    if state.cash > state.cash_limit:
        raise Refusal(
            "payments.cash_limit",
            f"{state.cash} in cash passes the limit of {state.cash_limit} for one sale",
            at=f"payments[{number}].tendered",
            data={"limit": state.cash_limit, "cash": state.cash},
        )
    return split


def _other(state: _Till, chosen: Mode, money: int | None, number: int) -> _Split:
    """Anything but cash pays up to its maximum; what is too much is kept by vouchers and refused by the others."""
    room = chosen.max
    if chosen.type == "meal_voucher" and not state.back:
        left = max(state.voucher_cap - state.vouchers, 0)
        if not left and state.due:
            raise Refusal(
                "payments.meal_voucher_cap",
                f"meal vouchers have paid {state.vouchers} of this sale, the cap is {state.voucher_cap}",
                at=f"payments[{number}].tendered",
                data={"cap": state.voucher_cap, "paid": state.vouchers},
            )
        room = min(room, left)
    payable = _cut(state, state.due if money is None else money, room, number)
    split = _Split(counted=min(payable, state.due), kept=max(payable - state.due, 0))
    if split.kept and (state.back or not chosen.keeps_excess):
        _refuse_excess(state, chosen, split.kept, number)
    state.due -= split.counted
    if chosen.type == "meal_voucher":
        state.vouchers += payable
    return split


def _refuse_short(state: _Till, sign: int, count: int) -> NoReturn:
    """Refuses legs that leave something due, naming the last one and any cut that explains it."""
    data: dict[str, object] = {"due": sign * state.due}
    if state.cut is not None:
        data["cut"] = state.cut
    at = f"payments[{count - 1}].tendered" if count else "payments"
    raise Refusal(
        "payments.short", f"{state.due} is still {'to be given back' if sign < 0 else 'due'}", at=at, data=data
    )
