"""VAT of a total: once per rate and ticket, out of a price that holds it or on top of one that does not."""

from libc.stdint cimport int64_t

from engine_ext.money cimport WHOLE, as_int64

include "stamp.pxi"

RATE_MAX = WHOLE  # 100 %, in thousandths of a percent; the highest VAT rate in force anywhere is below 30 %


cdef int64_t checked_rate(object value) except -1:
    cdef int64_t rate = as_int64(value, "rate")
    if not 0 <= rate <= WHOLE:
        raise ValueError(f"rate must be between 0 and {WHOLE} thousandths of a percent, not {rate}")
    return rate


def vat_of_gross(gross, rate):
    """r(gross × rate / (100 % + rate)): the VAT inside an amount that includes it.

    ``gross`` in minor units, ``rate`` in thousandths of a percent (20 % = 20 000). ValueError where the rate is not
    between 0 and ``RATE_MAX``; TypeError on anything but an int; MoneyOverflow beyond 64 bits.
    """
    return vat_in_gross(as_int64(gross, "gross"), checked_rate(rate))


def vat_of_net(net, rate):
    """r(net × rate): the VAT on top of an amount without it. Units and errors as for ``vat_of_gross``."""
    return vat_on_net(as_int64(net, "net"), checked_rate(rate))


def margin_vat(sale, cost, rate):
    """r(max(0, sale − cost) × rate / (100 % + rate)): the VAT of one line under the margin scheme.

    ``sale`` and ``cost`` in minor units, VAT included (CGI art. 297 A; directive 2006/112/EC art. 315); a loss gives 0.
    Errors as for ``vat_of_gross``.
    """
    return vat_of_margin(as_int64(sale, "sale"), as_int64(cost, "cost"), checked_rate(rate), False)
