"""C declarations of money: the 128-bit products that other modules of the core build on, checked on every call."""

from libc.stdint cimport int64_t, uint64_t

cdef extern from *:
    """
    #include <stdint.h>

    /* Every reader of JSON holds these exactly (RFC 8259, section 6). */
    #define GUICHET_AMOUNT_MAX ((INT64_C(1) << 53) - 1)

    /* r(a*b/d), d > 0: to nearest, halves away from zero. Returns 0, or -1 where the result leaves 64 bits.
       The product has 128 bits and cannot overflow; the 64-bit way is the same sum and several times cheaper. */
    static inline int guichet_mul_div(int64_t a, int64_t b, int64_t d, int64_t *result) {
        int64_t narrow;
        if (!__builtin_mul_overflow(a, b, &narrow)) {
            int64_t quotient = narrow / d, rest = narrow % d;
            if (rest > 0 && rest >= d - rest) quotient += 1;
            else if (rest < 0 && -rest >= d + rest) quotient -= 1;
            *result = quotient;
            return 0;
        }
        __int128 wide = (__int128)a * b, quotient = wide / d, rest = wide % d;
        if (rest > 0 && rest >= d - rest) quotient += 1;
        else if (rest < 0 && -rest >= d + rest) quotient -= 1;
        if (quotient > INT64_MAX || quotient < INT64_MIN) return -1;
        *result = (int64_t)quotient;
        return 0;
    }

    /* floor(total*weight/sum) and its remainder; 0 <= weight <= sum and sum > 0, so it never exceeds total. */
    static inline uint64_t guichet_quota(uint64_t total, uint64_t weight, uint64_t sum, uint64_t *rest) {
        uint64_t narrow;
        if (!__builtin_mul_overflow(total, weight, &narrow)) {
            *rest = narrow % sum;
            return narrow / sum;
        }
        unsigned __int128 wide = (unsigned __int128)total * weight;
        *rest = (uint64_t)(wide % sum);
        return (uint64_t)(wide / sum);
    }

    /* |x| without the one value whose negation overflows. */
    static inline uint64_t guichet_magnitude(int64_t x) { return x < 0 ? 0 - (uint64_t)x : (uint64_t)x; }
    """
    const int64_t GUICHET_AMOUNT_MAX
    int guichet_mul_div(int64_t a, int64_t b, int64_t d, int64_t *result)
    uint64_t guichet_quota(uint64_t total, uint64_t weight, uint64_t sum, uint64_t *rest)
    uint64_t guichet_magnitude(int64_t x)

cdef enum:
    # Rates and percentages count thousandths of a percent, so this is 100 %.
    WHOLE = 100_000

cdef int refuse_overflow(int64_t a, int64_t b, int64_t d) except -1
cdef int64_t as_int64(object value, str name) except? -1
cdef int64_t rounded_to_step(int64_t x, int64_t step) except? -1

cdef inline int64_t times(int64_t a, int64_t b, int64_t d) except? -1:
    # r(a*b/d); the caller knows that d > 0.
    cdef int64_t result = 0
    if guichet_mul_div(a, b, d, &result):
        refuse_overflow(a, b, d)
    return result
