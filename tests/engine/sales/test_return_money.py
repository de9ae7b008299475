"""How a refund's money goes back: the ways it came, and coins that add up."""

import pytest

from engine.kernel.errors import Refusal
from engine.payments.kinds import LegIn
from engine.payments.records import Leg
from engine.sales.return_money import Paid, require_cash, same_ways, true_up


def leg(mode: int, counted: int, *, type: str = "cash", rounding: int = 0) -> Leg:
    return Leg(
        mode=mode, type=type, l="", tendered=counted, counted=counted, change=0, tip=0, rounding=rounding, kept=0
    )


def paid(modes: dict[int, int]) -> Paid:
    return Paid(modes, frozenset({1}))


def test_the_last_mode_used_gives_back_first_and_the_first_takes_the_rest() -> None:
    held = paid({1: 500, 2: 300, 3: 200})

    assert (LegIn(mode=3),) == same_ways(held, 200, complete=False)
    assert (LegIn(mode=3, tendered=-200), LegIn(mode=2, tendered=-300), LegIn(mode=1)) == same_ways(
        held, 700, complete=False
    )


def test_a_mode_that_gave_everything_back_is_left_out() -> None:
    assert (LegIn(mode=1),) == same_ways(paid({1: 500, 2: 0}), 100, complete=False)


def test_nothing_to_give_back_needs_no_leg_but_for_kept_coins() -> None:
    assert same_ways(paid({1: 0}), 0, complete=True) == ()
    assert same_ways(paid({1: 5}), 0, complete=False) == ()
    assert (LegIn(mode=1),) == same_ways(paid({1: 5}), 0, complete=True)


@pytest.mark.parametrize(
    ("counted", "held", "complete", "expected"),
    [
        (-65, 70, True, -70),  # the last step returns what rounding kept
        (-65, 70, False, -65),  # an earlier one does not
        (-35, 30, False, -30),  # no step returns more than is held
        (-65, 66, True, -65),  # a change of modes on the way: no coin can put it right
    ],
)
def test_coins_are_trued_up(counted: int, held: int, complete: bool, expected: int) -> None:
    (made,) = true_up((leg(1, counted, rounding=-1),), paid({1: held}), 5, complete=complete)

    assert expected == made.counted == made.tendered
    assert counted - 1 == made.counted + made.rounding


def test_cards_are_never_trued_up() -> None:
    legs = (leg(2, -65, type="card"),)

    assert legs == true_up(legs, paid({2: 70}), 5, complete=True)


def test_more_cash_than_came_in_is_refused() -> None:
    with pytest.raises(Refusal, match=r"sales\.cash_exceeds"):
        require_cash((leg(1, -300),), paid({1: 200, 2: 500}))

    assert paid({1: 200, 2: 500}).cash == 200
