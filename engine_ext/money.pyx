"""Rounding and checked arithmetic on 64-bit integers: one rule, to nearest, halves away from zero."""

from cpython.long cimport PyLong_AsLongLongAndOverflow

include "stamp.pxi"

AMOUNT_MAX = GUICHET_AMOUNT_MAX  # of amounts in minor units, unit prices and quantities alike


class MoneyOverflow(OverflowError):
    """A number or a result does not fit: refused, never wrapped."""


cdef int refuse_overflow(int64_t a, int64_t b, int64_t d) except -1:
    raise MoneyOverflow(f"{a} x {b} / {d} does not fit in 64 bits")


cdef int64_t as_int64(object value, str name) except? -1:
    # An int64_t argument would turn 3.9 into 3 and True into 1 without a word.
    cdef int overflow = 0
    cdef int64_t number
    if type(value) is not int:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow:
        raise MoneyOverflow(f"{name} does not fit in 64 bits")
    return number


cdef int64_t positive(object value, str name) except -1:
    cdef int64_t number = as_int64(value, name)
    if number <= 0:
        raise ValueError(f"{name} must be positive, not {number}")
    return number


cdef int64_t rounded_to_step(int64_t x, int64_t step) except? -1:
    # Whole steps times the step goes through 128 bits again: the largest amounts have no multiple above them.
    return times(times(x, 1, step), step, 1)


def mul_div(a, b, d):
    """r(a × b / d), the product in 128 bits.

    TypeError on anything but an int, ValueError where ``d`` is not positive, MoneyOverflow where an argument or the
    result does not fit in 64 bits.
    """
    return times(as_int64(a, "a"), as_int64(b, "b"), positive(d, "d"))


def divide(n, d):
    """r(n / d). Errors as for ``mul_div``."""
    return times(as_int64(n, "n"), 1, positive(d, "d"))


def round_to_step(x, step):
    """The multiple of ``step`` nearest to ``x``, halves away from zero: r(|x| / step) × step × sign(x).

    Cash rounding uses it: 1.98 in a country of 5-cent coins is 2.00, and its refund −2.00. Errors as for ``mul_div``.
    """
    return rounded_to_step(as_int64(x, "x"), positive(step, "step"))
