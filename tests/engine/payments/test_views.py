"""Payment modes as others see them, and settling a ticket: examples with their cents, refusals with their legs."""

from typing import Any

import pytest
from plain_shop import PlainShop

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX, Actor
from engine.payments import views
from engine.payments.kinds import LegIn
from engine.payments.records import Leg

CASH, CARD, MEAL, GIFT, CHECK, LOCKED, OFF, SMALL_CARD, NO_REFUND, CREDIT = range(1, 11)
MODES: dict[int, dict[str, Any]] = {
    CASH: {"title": "Espèces", "type": "cash"},
    CARD: {"title": "Carte", "type": "card"},
    MEAL: {"title": "Titre-restaurant", "type": "meal_voucher"},
    GIFT: {"title": "Chèque cadeau", "type": "gift"},
    CHECK: {"title": "Chèque", "type": "check", "keeps_excess": True},
    LOCKED: {"title": "Carte comptoir", "type": "card", "till": 2},
    OFF: {"title": "Virement", "type": "transfer", "active": False},
    SMALL_CARD: {"title": "Sans contact", "type": "card", "min": 100, "max": 5_000},
    NO_REFUND: {"title": "Chèque-vacances", "type": "holiday_voucher", "refund": False},
    CREDIT: {"title": "Avoir", "type": "credit_note", "right": "sales.free_discount"},
}


@pytest.fixture
def till(plain: PlainShop) -> PlainShop:
    """A shop with every sort of payment mode; an employee stands at till 1."""
    plain.configure("settings", 1, {"name": "Bar"})
    for id in (1, 2):
        plain.configure("tills", id, {"name": f"Caisse {id}"})
    for id, row in MODES.items():
        plain.configure("payment-modes", id, row)
    plain.configure("operators", 1, {"alias": "Léa"})
    plain.configure("operators", 2, {"alias": "Ada", "role": "manager"})
    plain.world.actor = Actor(till=1, operator=1)
    return plain


def paid(
    shop: PlainShop, total: int, *legs: LegIn, due: bool = False, refund: bool = False, before: tuple[Leg, ...] = ()
) -> tuple[tuple[Leg, ...], int]:
    return views.settle(shop.world, total, legs, may_stay_due=due, refund=refund, before=before)


def declined(shop: PlainShop, total: int, *legs: LegIn, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        paid(shop, total, *legs, **options)
    return caught.value


def amounts(leg: Leg) -> dict[str, int]:
    """The amounts of a leg that are not zero."""
    fields = ("tendered", "counted", "change", "tip", "rounding", "kept")
    return {name: value for name in fields if (value := getattr(leg, name))}


def use_coins(shop: PlainShop, step: int) -> None:
    actor = shop.world.actor
    row = dict(shop.stored("settings", 1)) | {"cash_rounding_step": step}
    shop.configure("settings", 1, row)
    shop.world.actor = actor


# --- what a mode is ---------------------------------------------------------------------------------------------------


def test_a_mode_is_compiled_with_what_its_type_decides(till: PlainShop) -> None:
    cash, meal, check = (views.mode(till.world, id) for id in (CASH, MEAL, CHECK))

    assert cash is not None
    assert meal is not None
    assert check is not None
    assert (True, False, True) == (cash.gives_change, cash.keeps_excess, cash.tips)
    assert (False, True, False) == (meal.gives_change, meal.keeps_excess, meal.tips)
    assert (False, True, True) == (check.gives_change, check.keeps_excess, check.tips)
    assert (CASH, "Espèces", "cash", 0, INTEGER_MAX) == (cash.id, cash.label, cash.type, cash.min, cash.max)


def test_a_mode_follows_its_row_at_once(till: PlainShop) -> None:
    before = views.mode(till.world, CARD)

    till.configure("payment-modes", CARD, MODES[CARD] | {"max": 70})

    after = views.mode(till.world, CARD)
    assert before is not None
    assert after is not None
    assert (INTEGER_MAX, 70) == (before.max, after.max)
    assert before.version < after.version
    assert views.mode(till.world, 999) is None


@pytest.mark.parametrize(
    ("amount", "step", "rounded"),
    [
        (198, 5, 200),
        (4_999, 5, 5_000),
        (102, 5, 100),
        (103, 5, 105),
        (2, 5, 0),
        (5, 10, 10),
        (4, 10, 0),
        (15, 10, 20),
        (123, 0, 123),
        (123, 1, 123),
    ],
)
def test_cash_rounds_to_the_nearest_coin_and_a_refund_mirrors_it(amount: int, step: int, rounded: int) -> None:
    there = views.round_cash(amount, step)
    back = views.round_cash(-amount, step)

    assert (rounded, -rounded) == (there, back)


# --- a sale -----------------------------------------------------------------------------------------------------------


def test_one_press_of_cash_pays_exactly_what_is_due(till: PlainShop) -> None:
    legs, due = paid(till, 1_250, LegIn(mode=CASH))

    assert 0 == due
    assert [
        Leg(mode=CASH, type="cash", l="Espèces", tendered=1250, counted=1250, change=0, tip=0, rounding=0, kept=0)
    ] == list(legs)


def test_cash_gives_change_and_counts_only_what_was_due(till: PlainShop) -> None:
    legs, due = paid(till, 1_250, LegIn(mode=CASH, tendered=2_000))

    assert 0 == due
    assert {"tendered": 2_000, "counted": 1_250, "change": 750} == amounts(legs[0])


def test_a_mixed_payment_takes_the_legs_in_their_order(till: PlainShop) -> None:
    legs, due = paid(till, 1_500, LegIn(mode=CARD, tendered=1_000), LegIn(mode=CASH, tendered=2_000))

    assert 0 == due
    assert {"tendered": 1_000, "counted": 1_000} == amounts(legs[0])
    assert {"tendered": 2_000, "counted": 500, "change": 1_500} == amounts(legs[1])


def test_a_meal_voucher_keeps_its_excess_and_gives_no_change(till: PlainShop) -> None:
    legs, due = paid(till, 850, LegIn(mode=MEAL, tendered=900))

    assert 0 == due
    assert {"tendered": 900, "counted": 850, "kept": 50} == amounts(legs[0])


def test_meal_vouchers_are_cut_to_the_cap_of_a_sale_and_the_rest_stays_due(till: PlainShop) -> None:
    legs, due = paid(till, 4_000, LegIn(mode=MEAL, tendered=1_500), LegIn(mode=MEAL, tendered=1_500), LegIn(mode=CARD))

    assert 0 == due
    assert [1_500, 1_000, 1_500] == [leg.counted for leg in legs]


def test_a_voucher_beyond_the_cap_is_refused(till: PlainShop) -> None:
    full = LegIn(mode=MEAL, tendered=2_500)

    refusal = declined(till, 4_000, full, full)

    assert ("payments.meal_voucher_cap", "payments[1].tendered") == (refusal.code, refusal.at)
    assert {"cap": 2_500, "paid": 2_500} == refusal.data


def test_the_cap_counts_what_paid_the_ticket_before(till: PlainShop) -> None:
    first, due = paid(till, 4_000, LegIn(mode=MEAL, tendered=2_000), due=True)

    second, rest = paid(till, due, LegIn(mode=MEAL), due=True, before=first)

    assert (2_000, 500, 1_500) == (due, second[0].counted, rest)


def test_the_cap_of_the_day_holds(till: PlainShop) -> None:
    row = dict(till.stored("settings", 1)) | {
        "meal_voucher_caps": [
            {"since": "2022-10-01", "amount": 2_500},
            {"since": "2026-11-22", "amount": 3_000},
            {"since": "2027-01-01", "amount": None},
        ]
    }
    till.configure("settings", 1, row)
    ask = LegIn(mode=MEAL, tendered=4_000)
    counted = []

    for _ in range(2):
        counted.append(paid(till, 4_000, ask, due=True)[0][0].counted)
        till.world.day += 1
    till.world.day += 60
    counted.append(paid(till, 4_000, ask, due=True)[0][0].counted)

    assert [2_500, 3_000, 4_000] == counted


def test_the_maximum_of_a_mode_cuts_the_leg_and_the_excess_stays_due(till: PlainShop) -> None:
    legs, due = paid(till, 8_000, LegIn(mode=SMALL_CARD, tendered=8_000), due=True)

    assert 3_000 == due
    assert {"tendered": 5_000, "counted": 5_000} == amounts(legs[0])


def test_a_cut_that_leaves_the_sale_short_is_explained(till: PlainShop) -> None:
    refusal = declined(till, 8_000, LegIn(mode=SMALL_CARD, tendered=8_000))

    assert ("payments.short", "payments[0].tendered") == (refusal.code, refusal.at)
    assert {"due": 3_000, "cut": {"leg": 0, "wanted": 8_000, "max": 5_000}} == refusal.data


def test_the_maximum_of_cash_cuts_what_counts_and_the_rest_is_given_back(till: PlainShop) -> None:
    till.configure("payment-modes", CASH, MODES[CASH] | {"max": 3_000})
    note = LegIn(mode=CASH, tendered=10_000)

    legs, due = paid(till, 8_000, note, due=True)

    assert 5_000 == due
    assert {"tendered": 10_000, "counted": 3_000, "change": 7_000} == amounts(legs[0])


def test_a_tip_is_taken_first_and_stays_outside_the_ticket(till: PlainShop) -> None:
    legs, due = paid(till, 4_200, LegIn(mode=CARD, tendered=2_500, tip=500), LegIn(mode=CASH, tendered=2_500, tip=100))

    assert 0 == due
    assert {"tendered": 2_500, "counted": 2_000, "tip": 500} == amounts(legs[0])
    assert {"tendered": 2_500, "counted": 2_200, "tip": 100, "change": 200} == amounts(legs[1])


def test_a_tip_on_top_of_exactly_what_is_due(till: PlainShop) -> None:
    legs, _ = paid(till, 4_200, LegIn(mode=CARD, tip=300))

    assert {"tendered": 4_500, "counted": 4_200, "tip": 300} == amounts(legs[0])


def test_a_tip_may_come_after_the_ticket_is_paid(till: PlainShop) -> None:
    legs, due = paid(till, 1_000, LegIn(mode=CARD), LegIn(mode=CASH, tendered=500, tip=200))

    assert 0 == due
    assert {"tendered": 500, "tip": 200, "change": 300} == amounts(legs[1])


def test_a_check_that_is_too_large_keeps_its_excess_where_the_shop_wants_it(till: PlainShop) -> None:
    legs, due = paid(till, 990, LegIn(mode=CHECK, tendered=1_000))

    assert 0 == due
    assert {"tendered": 1_000, "counted": 990, "kept": 10} == amounts(legs[0])


def test_a_free_ticket_is_settled_with_or_without_a_leg(till: PlainShop) -> None:
    nothing = paid(till, 0)
    pressed = paid(till, 0, LegIn(mode=CASH))

    assert ((), 0) == nothing
    assert {} == amounts(pressed[0][0])


def test_what_is_not_paid_stays_due_only_where_it_may(till: PlainShop) -> None:
    part = LegIn(mode=CARD, tendered=400)

    allowed = paid(till, 1_000, part, due=True)[1]
    unpaid = paid(till, 1_000, due=True)
    refusals = [declined(till, 1_000, part), declined(till, 1_000)]

    assert 600 == allowed
    assert ((), 1_000) == unpaid
    assert [
        ("payments.short", "payments[0].tendered", {"due": 600}),
        ("payments.short", "payments", {"due": 1_000}),
    ] == [(refusal.code, refusal.at, refusal.data) for refusal in refusals]


# --- coins ------------------------------------------------------------------------------------------------------------


def test_198_is_paid_with_200_in_a_five_cent_country(till: PlainShop) -> None:
    use_coins(till, 5)

    exact, _ = paid(till, 198, LegIn(mode=CASH))
    with_note, _ = paid(till, 198, LegIn(mode=CASH, tendered=500))

    assert {"tendered": 200, "counted": 200, "rounding": -2} == amounts(exact[0])
    assert {"tendered": 500, "counted": 200, "rounding": -2, "change": 300} == amounts(with_note[0])


def test_the_refund_of_a_rounded_sale_gives_back_what_was_paid(till: PlainShop) -> None:
    use_coins(till, 5)

    legs, due = paid(till, -198, LegIn(mode=CASH), refund=True)

    assert 0 == due
    assert {"tendered": -200, "counted": -200, "rounding": 2} == amounts(legs[0])


def test_a_card_is_never_rounded_nor_a_cash_leg_that_pays_a_part(till: PlainShop) -> None:
    use_coins(till, 5)

    by_card, _ = paid(till, 1_198, LegIn(mode=CARD))
    mixed, due = paid(till, 1_198, LegIn(mode=CASH, tendered=1_000), LegIn(mode=CARD))

    assert {"tendered": 1_198, "counted": 1_198} == amounts(by_card[0])
    assert 0 == due
    assert [1_000, 198] == [leg.counted for leg in mixed]
    assert [0, 0] == [leg.rounding for leg in mixed]


def test_only_the_cash_that_is_still_due_is_rounded(till: PlainShop) -> None:
    use_coins(till, 5)

    legs, due = paid(till, 1_198, LegIn(mode=CARD, tendered=1_001), LegIn(mode=CASH))

    assert 0 == due
    assert {"tendered": 1_001, "counted": 1_001} == amounts(legs[0])
    assert {"tendered": 195, "counted": 195, "rounding": 2} == amounts(legs[1])


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leg", "code", "field"),
    [
        (LegIn(mode=99), "payments.no_mode", "mode"),
        (LegIn(mode=OFF), "payments.mode_off", "mode"),
        (LegIn(mode=LOCKED), "payments.mode_locked", "mode"),
        (LegIn(mode=CREDIT), "payments.mode_right", "mode"),
        (LegIn(mode=CARD, tendered=-1), "payments.wrong_sign", "tendered"),
        (LegIn(mode=CARD, tendered=0), "payments.nothing_tendered", "tendered"),
        (LegIn(mode=CARD, tendered=601), "payments.excess", "tendered"),
        (LegIn(mode=SMALL_CARD, tendered=99), "payments.below_min", "tendered"),
        (LegIn(mode=CARD, tip=-1), "payments.wrong_sign", "tip"),
        (LegIn(mode=CARD, tendered=10, tip=11), "payments.tip_exceeds", "tip"),
        (LegIn(mode=MEAL, tip=1), "payments.no_tip", "tip"),
        (LegIn(mode=CARD, tip=INTEGER_MAX), "payments.too_large", "tendered"),
        (LegIn(mode=CARD, tendered=300), "payments.short", "tendered"),
    ],
)
def test_a_refusal_names_the_leg(till: PlainShop, leg: LegIn, code: str, field: str) -> None:
    refusal = declined(till, 1_000, LegIn(mode=CASH, tendered=400), leg)

    assert (code, f"payments[1].{field}") == (refusal.code, refusal.at)


def test_the_locked_mode_works_at_its_till_and_the_reserved_one_for_its_right(till: PlainShop) -> None:
    till.world.actor = Actor(till=2, operator=2)

    legs, due = paid(till, 1_000, LegIn(mode=LOCKED, tendered=400), LegIn(mode=CREDIT))

    assert 0 == due
    assert [400, 600] == [leg.counted for leg in legs]


def test_a_leg_after_the_last_cent_is_refused(till: PlainShop) -> None:
    refusals = [
        declined(till, 1_000, LegIn(mode=CARD), LegIn(mode=CASH)),
        declined(till, 1_000, LegIn(mode=CARD), LegIn(mode=CASH, tendered=500)),
        declined(till, 0, LegIn(mode=CASH, tendered=500)),
    ]

    assert [
        ("payments.nothing_due", "payments[1].tendered"),
        ("payments.nothing_due", "payments[1].tendered"),
        ("payments.nothing_due", "payments[0].tendered"),
    ] == [(refusal.code, refusal.at) for refusal in refusals]


def test_the_cash_of_one_sale_has_a_limit_over_all_its_legs(till: PlainShop) -> None:
    at_limit, _ = paid(till, 100_000, LegIn(mode=CASH, tendered=120_000))

    refusal = declined(till, 100_001, LegIn(mode=CASH, tendered=60_000), LegIn(mode=CASH))

    assert 100_000 == at_limit[0].counted
    assert ("payments.cash_limit", "payments[1].tendered") == (refusal.code, refusal.at)
    assert {"limit": 100_000, "cash": 100_001} == refusal.data


def test_the_cash_limit_counts_what_paid_the_ticket_before(till: PlainShop) -> None:
    first, due = paid(till, 150_000, LegIn(mode=CASH, tendered=90_000), due=True)

    refusal = declined(till, due, LegIn(mode=CASH, tendered=10_001), due=True, before=first)
    rest = paid(till, due, LegIn(mode=CASH, tendered=10_000), due=True, before=first)[1]

    assert "payments.cash_limit" == refusal.code
    assert 50_000 == rest


def test_a_shop_without_limits_has_none(till: PlainShop) -> None:
    till.configure("settings", 1, {"name": "Bar", "cash_limits": [], "meal_voucher_caps": []})

    cash, _ = paid(till, 500_000, LegIn(mode=CASH))
    meal, _ = paid(till, 500_000, LegIn(mode=MEAL))

    assert [500_000, 500_000] == [cash[0].counted, meal[0].counted]


# --- a refund ---------------------------------------------------------------------------------------------------------


def test_a_refund_mirrors_a_sale(till: PlainShop) -> None:
    legs, due = paid(till, -1_500, LegIn(mode=CARD, tendered=-1_000), LegIn(mode=CASH), refund=True)

    assert 0 == due
    assert {"tendered": -1_000, "counted": -1_000} == amounts(legs[0])
    assert {"tendered": -500, "counted": -500} == amounts(legs[1])


@pytest.mark.parametrize(
    ("leg", "code", "field"),
    [
        (LegIn(mode=CASH, tendered=-1_001), "payments.excess", "tendered"),
        (LegIn(mode=CARD, tendered=-1_001), "payments.excess", "tendered"),
        (LegIn(mode=MEAL, tendered=-1_001), "payments.excess", "tendered"),
        (LegIn(mode=CASH, tendered=1_000), "payments.wrong_sign", "tendered"),
        (LegIn(mode=CARD, tip=-10), "payments.no_tip", "tip"),
        (LegIn(mode=NO_REFUND), "payments.no_refund", "mode"),
        (LegIn(mode=CARD, tendered=-999), "payments.short", "tendered"),
    ],
)
def test_a_refund_never_gives_back_more_than_it_owes(till: PlainShop, leg: LegIn, code: str, field: str) -> None:
    refusal = declined(till, -1_000, leg, refund=True)

    assert (code, f"payments[0].{field}") == (refusal.code, refusal.at)


def test_money_given_back_is_not_held_to_the_minimum_of_a_mode(till: PlainShop) -> None:
    legs, due = paid(till, -50, LegIn(mode=SMALL_CARD), refund=True)

    assert (0, -50) == (due, legs[0].counted)
