"""C declarations of VAT on a total."""

from libc.stdint cimport int64_t

from engine_ext.money cimport WHOLE, times

cdef inline int64_t vat_in_gross(int64_t gross, int64_t rate) except? -1:
    return times(gross, rate, WHOLE + rate)

cdef inline int64_t vat_of_margin(int64_t amount, int64_t cost, int64_t rate, bint net) except? -1:
    # On what a line brings beyond its cost; a loss is neither taxed nor set against another line's gain.
    return 0 if amount <= cost else times(amount - cost, rate, WHOLE if net else WHOLE + rate)

cdef inline int64_t vat_on_net(int64_t net, int64_t rate) except? -1:
    return times(net, rate, WHOLE)
