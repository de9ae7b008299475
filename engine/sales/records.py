"""What happens to a ticket: sold, refunded, paid later, copied; the field names are short because they are sealed."""

from typing import ClassVar

import msgspec

from engine.kernel.ledger import AccountClass
from engine.kernel.messages import Record
from engine.payments.records import Leg

TURNOVER = AccountClass("sales.turnover", 3, None)
"""What was sold less what was refunded, tax included, as seen from outside: negative when sold (id: till)."""

DUE = AccountClass("sales.due", 4, 0)
"""What is still to be paid for a ticket (id: series * 2**40 + accounting number); never below zero."""

OTHER_MODE = AccountClass("payments.other", 5, None)
"""What was taken by a payment mode that is not cash (id: payment mode)."""

TIPS = AccountClass("payments.tips", 7, None)
"""Tips owed to the staff (id: till)."""

KEPT = AccountClass("payments.kept", 8, None)
"""Excess of vouchers that give no change (id: till)."""

ROUNDING = AccountClass("payments.rounding", 9, None)
"""What cash rounding took off or added (id: till)."""

STOCK_ITEM = AccountClass("stock.item", 10, None)
"""Units of a product in stock, in 1/1000 (id: product); whoever sells a product that blocks checks it first."""

STOCK_OUTSIDE = AccountClass("stock.outside", 11, None)
"""Where goods come from and go to (id: 0)."""


# ``gc=False``: these hold numbers, texts and tuples of such, so no cycle can go through them, and the collector need
# not know of the dozen of them that every ticket is made of.


class Option(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A chosen option: its id, its label, and the signed unit price it adds (1/10 000)."""

    id: int
    l: str  # noqa: E741  # sealed names are short (docs/journal.md)
    delta: int


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line as priced and sealed; made by position on the way of a sale, because msgspec searches for each keyword.

    ``id`` numbers the lines as they were entered, from 1; they are sealed in pricing order. ``p`` product id, ``pv``
    the position of the product's version that priced it, ``d`` department id, ``l`` label, ``q`` quantity (1/1000),
    ``u`` unit price with options (1/10 000), ``typed`` whether the operator typed the price, ``o`` options, ``b``
    base amount, ``x`` shares of discounts as (index into the ticket's ``disc``, signed amount), ``a`` amount after
    all of them, ``r`` index into the ticket's ``rates``, ``t`` VAT share, ``n`` note, ``of`` the line id of the
    original that a refund line gives back, ``s`` whether the line moves stock (a fold may not ask the catalogue).
    """

    id: int
    p: int | None
    pv: int | None
    d: int | None
    l: str  # noqa: E741  # sealed names are short (docs/journal.md)
    q: int
    u: int
    typed: bool
    o: tuple[Option, ...]
    b: int
    x: tuple[tuple[int, int], ...]
    a: int
    r: int
    t: int
    n: str | None
    of: int | None
    s: bool


class Rate(msgspec.Struct, frozen=True, gc=False):
    """The ticket's total of one VAT key: ``c`` the VAT rate's id, ``deposit`` whether it is the group of deposit lines,
    ``r`` its percentage (1/1000 %), ``g`` gross, ``v`` VAT, ``n`` net.

    ``s`` says by what scheme it is taxed: "" on the whole, "margin", or not at all ("exempt", "intra-eu", "stored":
    then ``r`` is 0)."""

    c: int
    deposit: bool
    r: int
    g: int
    v: int
    n: int
    s: str = ""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a ticket was sold: the customer's id, the position of the version of his row, his tax profile, and the
    number that an exemption rests on (null where there is none)."""

    id: int
    pv: int
    tax: str
    proof: str | None


class Given(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the operator gave a discount with: its place ``at`` in the basket (a line's, or among the discounts or the
    menus), the figures that he typed (``percent`` in 1/1000 %; ``amount`` and ``fixed`` as unit prices on a line, else
    in minor units) and the ``lines`` that it is for (none: all of them)."""

    at: int
    percent: int
    amount: int
    fixed: int | None
    lines: tuple[int, ...]


class Discount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One adjustment that was applied, in order.

    ``id`` of the configured discount (null: typed by the operator), ``pv`` its version, ``l`` label, ``phase``, the sum
    it stood on, and the wanted and granted signed change; ``cut`` says why they differ. ``k`` is the kind that ``id``
    is of, ``n`` how often a rule that consumes units was used and ``u`` which: (line id, whole units). ``g`` is what
    the operator gave, where he did: with it the ticket can be priced again.
    """

    id: int | None
    pv: int | None
    l: str  # noqa: E741  # sealed names are short (docs/journal.md)
    phase: int
    base: int
    wanted: int
    granted: int
    cut: str | None
    k: str | None = None
    n: int = 0
    u: tuple[tuple[int, int], ...] = ()
    g: Given | None = None


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket that is refunded, paid later or copied: generation, sequence, series and accounting number."""

    gen: int
    seq: int
    series: int
    no: int


class Ticket(Record, frozen=True):
    """What a sale and a refund have in common; a refund's amounts and quantities are negative.

    ``series`` and ``no`` are the accounting number (gap-free per series, sales and refunds together; training has a
    series of its own), ``session`` the till session's number, ``day`` the business day (``2026-11-21``), ``basis``
    "gross" or "net", ``cur`` and ``dec`` the currency and its decimals, ``mode`` the sales mode (0 take-away,
    1 delivery, 2 on site ...), ``items`` the number of lines, ``due`` what is still to be paid (in a refund, negative:
    what it takes off the due of the original), ``book`` the position of the price book, ``algo`` the number of the
    pricing algorithm, ``asked`` whether a receipt was asked for, ``cust`` the customer (null: nobody was named),
    ``table``, ``covers`` (0: not told) and delivery ``zone``; ``pr`` holds, for lines whose unit price a price row
    gave, (line id, row), and ``costs``, for lines of a sale whose margin is taxed, (line id, what the line cost);
    ``wo`` the automatic rules that the cashier left out, ``srch`` whether the search for the best rules was "exact" or
    "bounded" ("": none), and ``auto`` holds, for lines that automatic rules added, (line id, rule).
    """

    fiscal: ClassVar[str] = "ticket"

    series: int
    no: int
    session: int
    day: str
    basis: str
    cur: str
    dec: int
    mode: int
    lines: tuple[Line, ...]
    disc: tuple[Discount, ...]
    rates: tuple[Rate, ...]
    items: int
    total: int
    legs: tuple[Leg, ...]
    due: int
    note: str | None
    book: int
    algo: int
    asked: bool
    cust: Customer | None = None
    table: int | None = None
    covers: int = 0
    zone: int | None = None
    pr: tuple[tuple[int, int], ...] = ()
    costs: tuple[tuple[int, int], ...] = ()
    wo: tuple[int, ...] = ()
    srch: str = ""
    auto: tuple[tuple[int, int], ...] = ()


class Posted(Ticket, frozen=True, tag="sales.posted"):
    """A sale was validated."""


class Refunded(Ticket, frozen=True, kw_only=True, tag="sales.refunded"):
    """Lines of a sealed sale were given back: a new ticket of opposite sign, linked line by line."""

    of: Original
    reason: str | None


class Paid(Record, frozen=True, kw_only=True, tag="sales.paid"):
    """A later payment of a ticket: the legs, and what is due after it."""

    fiscal: ClassVar[str] = "payment"

    of: Original
    session: int
    day: str
    legs: tuple[Leg, ...]
    due: int


class Copied(Record, frozen=True, kw_only=True, tag="sales.copied"):
    """A ticket was printed or sent again: ``copy`` is the duplicate's number, from 1, ``how`` "print", "mail" ..."""

    fiscal: ClassVar[str] = "copy"

    of: Original
    copy: int
    how: str
