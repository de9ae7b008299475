"""One payment of a ticket as it is sealed."""

import msgspec


class Leg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One payment leg; amounts in minor units, ``tendered = counted + change + tip + kept`` (pricing.md, phase 5).

    ``mode`` is the payment mode's id, ``type`` its type ("cash", "card" ...) and ``l`` its label when it was used;
    ``counted`` pays the ticket, ``change`` is given back, ``tip`` and ``kept`` (excess of a voucher) stay outside
    turnover, and ``rounding`` is what cash rounding took off (negative) or added, so that for a ticket the sum of
    ``counted`` and of ``rounding`` and what is due make its total. In a refund all amounts are negative.
    """

    mode: int
    type: str
    l: str  # noqa: E741  # sealed names are short; the meaning stands above and in docs/journal.md
    tendered: int
    counted: int
    change: int
    tip: int
    rounding: int
    kept: int
