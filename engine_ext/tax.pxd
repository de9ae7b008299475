"""C declarations of VAT on a total."""

from libc.stdint cimport int64_t

from engine_ext.money cimport WHOLE, times

cdef inline int64_t vat_in_gross(int64_t gross, int64_t rate) except? -1:
    return times(gross, rate, WHOLE + rate)

cdef inline int64_t vat_on_net(int64_t net, int64_t rate) except? -1:
    return times(net, rate, WHOLE)
