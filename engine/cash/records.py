"""What happens to a till's drawer and session: opened with a float, closed with a count and its totals."""

from typing import ClassVar

import msgspec

from engine.kernel.ledger import AccountClass
from engine.kernel.messages import Record

DRAWER = AccountClass("cash.drawer", 1, None)
"""A till's cash drawer (id: till): floats, cash taken and given back, takings carried away."""

FLOAT_SOURCE = AccountClass("cash.float-source", 2, None)
"""Where floats come from and takings go to: the safe or the bank, outside the shop's tills (id: till)."""

DIFFERENCE = AccountClass("cash.difference", 6, None)
"""What a count found too much (negative) or missing (positive), and floats unlike what was left (id: till)."""


class Opened(Record, frozen=True, kw_only=True, tag="cash.opened"):
    """A till session began: its number on this till (from 1), the float counted into the drawer, what the last session
    left (``left``; the float itself where none came before), and whether it is for training."""

    fiscal: ClassVar[str] = "cash"

    session: int
    day: str
    float_in: int
    left: int
    training: bool


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One payment mode at closing: what the records expect, what was counted, and the variance (counted - expected)."""

    mode: int
    type: str
    expected: int
    counted: int
    variance: int


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a breakdown: the id it is for, how many tickets (or lines), and the signed amount."""

    id: int
    count: int
    amount: int


class VatTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of what was sealed for one VAT key: gross, VAT and net (nothing is computed again)."""

    c: int
    deposit: bool
    r: int
    g: int
    v: int
    n: int


class Closed(Record, frozen=True, kw_only=True, tag="cash.closed"):
    """A till session ended: the shift closure of this till, with everything journal.md asks of closures.

    ``first`` and ``last`` are the accounting numbers of its tickets (0 where there were none); ``turnover`` is the
    period total including tax, ``perpetual`` and ``absolute`` the till's totals since its first ticket (the second
    in absolute value); ``float_out`` is what stays in the drawer.
    """

    fiscal: ClassVar[str] = "closure"

    scope: str
    session: int
    day: str
    training: bool
    opened: str
    series: int
    first: int
    last: int
    tickets: int
    refunds: int
    turnover: int
    vat: tuple[VatTotal, ...]
    modes: tuple[Total, ...]
    departments: tuple[Total, ...]
    channels: tuple[Total, ...]
    operators: tuple[Total, ...]
    tips: int
    kept: int
    rounding: int
    due: int
    counts: tuple[Count, ...]
    variance: int
    float_out: int
    perpetual: int
    absolute: int
