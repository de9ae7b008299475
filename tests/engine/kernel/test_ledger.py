"""The ledger: it adds up, and no floor breaks, whoever comes first."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.errors import Fault, Refusal
from engine.kernel.ledger import (
    BALANCES,
    QUOTA,
    QUOTA_OUTSIDE,
    STORED_ISSUED,
    STORED_VALUE,
    AccountClass,
    Balance,
    Posting,
    require,
)
from engine.kernel.messages import INTEGER_MAX
from engine.kernel.world import Folding

SCARCE = AccountClass("test.scarce", 1, 0)
DEBT = AccountClass("test.debt", 2, -100)
OUTSIDE = AccountClass("test.outside", 3, None)


class Books:
    """Balances in a dict, as a decision and as a fold see them."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], Any] = {}

    def get(self, table: object, *key: Any) -> Any:
        assert table is BALANCES
        return self.rows.get(key)

    def put(self, table: object, row: Any, *key: Any) -> None:
        self.rows[key] = row

    change = get

    def balance(self, account: AccountClass, id: int) -> Balance:
        found: Balance = self.rows.get((account.code, id), Balance(0, account.floor))
        return found


def folding_of(books: Books) -> Folding:
    rows: Any = books
    return Folding(rows, {})


MOVES = st.lists(st.tuples(st.sampled_from([SCARCE, DEBT]), st.integers(1, 2), st.integers(-120, 120)), max_size=30)


@settings(max_examples=150, deadline=None)
@given(MOVES)
def test_what_is_required_first_always_folds_and_everything_adds_up_to_zero(moves: list[Any]) -> None:
    books = Books()
    folding = folding_of(books)
    for account, id, amount in moves:
        postings = (Posting(account, id, amount), Posting(OUTSIDE, 1, -amount))
        left = books.balance(account, id).amount + amount
        if amount < 0 and left < (account.floor or 0):
            with pytest.raises(Refusal) as refused:
                require(books, postings)
            assert refused.value.data["left"] == left - amount - (account.floor or 0)
        else:
            require(books, postings)
            folding.post(*postings)
            assert books.balance(account, id).amount == left

    assert sum(balance.amount for balance in books.rows.values()) == 0
    for (code, _), balance in books.rows.items():
        assert code == OUTSIDE.code or balance.amount >= balance.floor


def test_postings_on_one_account_are_judged_together() -> None:
    books = Books()

    require(books, (Posting(SCARCE, 1, -5), Posting(SCARCE, 1, 5)))

    with pytest.raises(Refusal):
        require(books, (Posting(SCARCE, 1, 5), Posting(SCARCE, 1, -3), Posting(SCARCE, 1, -3)))


def test_an_account_already_below_its_floor_may_be_filled_but_not_emptied_further() -> None:
    books = Books()
    books.rows[(SCARCE.code, 1)] = Balance(-7, 0)

    require(books, (Posting(SCARCE, 1, 3), Posting(OUTSIDE, 1, -3)))

    with pytest.raises(Refusal):
        require(books, (Posting(SCARCE, 1, -1), Posting(OUTSIDE, 1, 1)))


def test_no_account_leaves_the_range_of_exact_integers() -> None:
    books = Books()
    books.rows[(OUTSIDE.code, 1)] = Balance(INTEGER_MAX, None)

    with pytest.raises(Refusal) as refused:
        require(books, (Posting(OUTSIDE, 1, 1), Posting(DEBT, 1, -1)))

    assert refused.value.code == "ledger.overflow"


@pytest.mark.parametrize(
    ("postings", "code"),
    [
        ((Posting(OUTSIDE, 1, 1),), "ledger.unbalanced"),
        ((Posting(SCARCE, 1, -1), Posting(OUTSIDE, 1, 1)), "ledger.floor"),
    ],
)
def test_a_fold_that_would_break_the_books_is_a_fault(postings: tuple[Posting, ...], code: str) -> None:
    with pytest.raises(Fault) as fault:
        folding_of(Books()).post(*postings)

    assert fault.value.code == code


@pytest.mark.parametrize(("scarce", "outside"), [(QUOTA, QUOTA_OUTSIDE), (STORED_VALUE, STORED_ISSUED)])
def test_quotas_and_stored_value_are_spent_to_nothing_and_no_further(
    scarce: AccountClass, outside: AccountClass
) -> None:
    books = Books()
    folding = folding_of(books)
    folding.post(Posting(scarce, 7, 2), Posting(outside, 0, -2))
    one = (Posting(scarce, 7, -1), Posting(outside, 0, 1))

    for _ in range(2):
        require(books, one)
        folding.post(*one)

    with pytest.raises(Refusal, match="0 left"):
        require(books, one)
