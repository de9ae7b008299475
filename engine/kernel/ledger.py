"""The double-entry ledger: what is scarce or stored, with a floor per account that no race can break."""

import dataclasses
from typing import Protocol

import msgspec

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX
from engine.kernel.tables import Table


class Balance(msgspec.Struct, array_like=True):
    """One account: its balance, and the floor that it may not pass below (None: none)."""

    amount: int
    floor: int | None


BALANCES = Table("kernel.balances", b"lb", ">HQ", Balance)


@dataclasses.dataclass(frozen=True, slots=True)
class AccountClass:
    """A class of accounts: ``code`` is its number in keys for ever, ``floor`` what a new account begins with.

    Floor 0: vouchers, quotas, points, stock that blocks; minus a limit: customer debt; None: drawers, stock that only
    warns, and the outside world (architecture.md, Folders).
    """

    name: str
    code: int
    floor: int | None


QUOTA = AccountClass("ledger.quota", 12, 0)
"""What may still be sold of something scarce (places, admissions): never below nothing, whoever asks at once."""

QUOTA_OUTSIDE = AccountClass("ledger.quota-outside", 15, None)
"""Where a quota comes from and goes to."""

STORED_VALUE = AccountClass("ledger.stored-value", 13, 0)
"""What a voucher, a gift card or a points account still holds: never below nothing."""

STORED_ISSUED = AccountClass("ledger.stored-issued", 14, None)
"""What the shop owes for stored value, and gets back when it is spent."""


class Posting(msgspec.Struct, frozen=True, gc=False):
    """A signed movement on one account; the postings of one record add up to zero."""

    account: AccountClass
    id: int
    amount: int


class _Reads(Protocol):
    def balance(self, account: AccountClass, id: int) -> Balance: ...


def require(world: _Reads, postings: tuple[Posting, ...]) -> None:
    """Refuses postings that would take an account below its floor, naming the account and what is left."""
    moves: dict[tuple[AccountClass, int], int] = {}
    for posting in postings:
        key = (posting.account, posting.id)
        moves[key] = moves.get(key, 0) + posting.amount
    for (account, id), move in moves.items():
        balance = world.balance(account, id)
        after = balance.amount + move
        if abs(after) > INTEGER_MAX:
            raise Refusal("ledger.overflow", f"account {account.name} {id} would leave the range of exact integers")
        if move < 0 and balance.floor is not None and after < balance.floor:
            raise Refusal(
                "ledger.floor",
                f"account {account.name} {id} has {balance.amount - balance.floor} left, {-move} asked",
                data={"account": account.name, "id": id, "left": balance.amount - balance.floor, "asked": -move},
            )
