"""Rounding and checked arithmetic on 64-bit integers: one rule, to nearest, halves away from zero."""

include "stamp.pxi"
