"""Proration: splits an amount over weights by largest remainder, so that the shares always add up to it."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc, qsort

from engine_ext.money cimport as_int64, guichet_magnitude, guichet_quota

from engine_ext.money import MoneyOverflow

include "stamp.pxi"

cdef enum:
    # Up to here picking the missing units one by one beats a sort, and the scratch space lives on the stack.
    SMALL = 32


cdef struct Claim:
    uint64_t rest
    int64_t weight
    Py_ssize_t place


cdef inline bint precedes(const Claim *left, const Claim *right) noexcept nogil:
    # Larger remainder, then larger weight, then the earlier one: places differ, so the order is total.
    if left.rest != right.rest:
        return left.rest > right.rest
    if left.weight != right.weight:
        return left.weight > right.weight
    return left.place < right.place


cdef int compare(const void *left, const void *right) noexcept nogil:
    return -1 if precedes(<const Claim *>left, <const Claim *>right) else 1


cdef uint64_t sum_of(const int64_t *weights, Py_ssize_t count) except? 0:
    cdef uint64_t total = 0
    cdef Py_ssize_t i
    for i in range(count):
        if weights[i] < 0:
            raise ValueError(f"weight {i} is negative: {weights[i]}")
        total += <uint64_t>weights[i]
        if total > <uint64_t>0x7FFFFFFFFFFFFFFF:
            raise MoneyOverflow("the weights add up to more than 64 bits hold")
    return total


cdef int hand_out(uint64_t missing, Claim *claims, Py_ssize_t count, int64_t step, int64_t *shares) except -1:
    # Fewer units are missing than there are weights, and none goes to a weight whose quota was whole.
    cdef Py_ssize_t i, best
    if count > SMALL:
        qsort(claims, count, sizeof(Claim), compare)
        for i in range(<Py_ssize_t>missing):
            shares[claims[i].place] += step
        return 0
    while missing:
        best = 0
        for i in range(1, count):
            if precedes(&claims[i], &claims[best]):
                best = i
        shares[claims[best].place] += step
        claims[best].rest = 0
        missing -= 1
    return 0


cdef int divide_up(
    int64_t total, const int64_t *weights, uint64_t whole, Py_ssize_t count, int64_t *shares, Claim *claims
) except -1:
    cdef uint64_t size = guichet_magnitude(total)
    cdef uint64_t missing = size
    cdef uint64_t quota
    cdef int64_t step = -1 if total < 0 else 1
    cdef Py_ssize_t i
    for i in range(count):
        quota = guichet_quota(size, <uint64_t>weights[i], whole, &claims[i].rest)
        claims[i].weight = weights[i]
        claims[i].place = i
        # Built from the negative side, because -2**63 has no positive twin.
        shares[i] = <int64_t>quota if step > 0 else (-1 - <int64_t>(quota - 1) if quota else 0)
        missing -= quota
    if missing:
        hand_out(missing, claims, count, step, shares)
    return 0


cdef int split_into(int64_t total, const int64_t *weights, Py_ssize_t count, int64_t *shares) except -1:
    # Weights must not be negative; `shares` may not be the array of the weights.
    cdef Claim few[SMALL]
    cdef Claim *claims = few
    cdef uint64_t whole = sum_of(weights, count)
    cdef Py_ssize_t i
    if whole == 0:
        if total != 0:
            raise ValueError(f"{total} cannot be split: the weights add up to 0")
        for i in range(count):
            shares[i] = 0
        return 0
    if count > SMALL:
        claims = <Claim *>malloc(count * sizeof(Claim))
        if claims == NULL:
            raise MemoryError()
    try:
        divide_up(total, weights, whole, count, shares, claims)
    finally:
        if claims != few:
            free(claims)
    return 0


def split(total, weights):
    """Shares of ``total`` in proportion to ``weights``, which are not negative: a list of the same length.

    With D = |total| and S = Σ weights each share is floor(D × w / S); the units still missing go one each to the
    largest D × w mod S, then the larger w, then the earlier one. A negative total mirrors a positive one. The shares
    add up to ``total``. ValueError where a weight is negative, or the weights add up to 0 and ``total`` is not 0;
    TypeError on anything but an int; MoneyOverflow where a number or the sum of the weights does not fit in 64 bits.
    """
    cdef int64_t amount = as_int64(total, "total")
    cdef list given = list(weights)
    cdef Py_ssize_t count = len(given)
    cdef Py_ssize_t i
    cdef int64_t *numbers = <int64_t *>malloc((2 * count + 1) * sizeof(int64_t))
    if numbers == NULL:
        raise MemoryError()
    try:
        for i in range(count):
            numbers[i] = as_int64(given[i], "weight")
        split_into(amount, numbers, count, &numbers[count])
        return [numbers[count + i] for i in range(count)]
    finally:
        free(numbers)
