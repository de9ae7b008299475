"""VAT of a total in plain fractions, as the specification words it."""

from fractions import Fraction

from reference_money import r

WHOLE = 100_000


def vat_of_gross(gross: int, rate: int) -> int:
    return r(gross * Fraction(rate, WHOLE + rate))


def margin_vat(sale: int, cost: int, rate: int) -> int:
    return vat_of_gross(max(0, sale - cost), rate)


def vat_of_net(net: int, rate: int) -> int:
    return r(net * Fraction(rate, WHOLE))
