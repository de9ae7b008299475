"""The way of a whole case to the compiled core and back, in the words of the whole twin."""

from dataclasses import replace

from pattern_cases import core_rule, use_by_use
from pricing_cases import core_line, core_subtotal
from reference_book import Book, Sold
from reference_price import price as slow_price
from reference_pricing import Adjustment, Refused
from reference_vat import Row
from whole_cases import WholeCase

from engine_ext import patterns as core
from engine_ext.basket import BasketLine, PricingError
from engine_ext.pricing import Priced, price


def whole_core_line(line: Sold) -> BasketLine:
    """The face chooses the price by which a line enters: here the first of the levels below the typed one."""
    levels = (line.contract, line.band, line.tier, line.listed)
    listed = next((each for each in levels if each is not None), None)
    line.listed = listed
    return core_line(line)


def run_whole(case: WholeCase) -> Priced:
    basket, book = case.basket, case.book
    patterns = None
    if book is not None:
        patterns = core.Patterns([core_rule(rule) for rule in book.patterns], mode=book.mode)
    return price(
        [core_line(line) for line in basket.lines],
        [core_subtotal(rule) for rule in basket.subtotals],
        basis=basket.basis,
        decimals=basket.decimals,
        patterns=patterns,
        menus=[core.ChosenMenu(*menu) for menu in basket.menus],
    )


def whole_plain(priced: Priced) -> dict[str, object]:
    """A ticket of the core in the words of the whole twin."""
    return {
        "lines": [
            {
                "id": row.id,
                "unit": row.unit,
                "base": row.base,
                "shares": row.shares,
                "amount": row.amount,
                "vat": row.vat,
            }
            for row in priced.lines
        ],
        "rates": [(row.category, row.rate, row.nature, row.gross, row.vat, row.net) for row in priced.rates],
        "discounts": [
            (row.ref, row.phase, row.kind, row.base_sum, row.wanted, row.granted, row.reason)
            for row in priced.discounts
        ],
        "uses": use_by_use(priced),
        "total": priced.total,
        "vat": priced.vat,
    }


def plain_given(given: Adjustment | None) -> Adjustment | None:
    """Without its place among the rules of the line."""
    if given is None:
        return None
    return Adjustment(ref=given.ref, percent=given.percent, amount=given.amount, fixed=given.fixed)


def in_reach(case: WholeCase) -> WholeCase:
    """What the core can price today of a case."""
    lines = [
        replace(
            line,
            exempt=False,
            margin=False,
            cost=None,
            manual=plain_given(line.manual),
            default=plain_given(line.default),
        )
        for line in case.basket.lines
    ]
    basket = replace(case.basket, lines=lines, customer=None, coupons=[], removed=frozenset())
    book = case.book and Book(patterns=case.book.patterns, mode=case.book.mode)
    return WholeCase(basket=basket, book=book, context=case.context)


def core_whole(case: WholeCase) -> object:
    """The ticket or the refusal of the compiled core."""
    try:
        return whole_plain(run_whole(case))
    except PricingError as error:
        return error.code, error.line_id


def twin_whole(case: WholeCase) -> object:
    """The ticket or the refusal of the whole twin, in what the core can say today."""
    try:
        told = slow_price(case.basket, case.book, case.context)
    except Refused as error:
        return error.args
    return simpler(told)


def simpler(told: dict[str, object]) -> dict[str, object]:
    lines, rates, discounts = told["lines"], told["rates"], told["discounts"]
    assert isinstance(lines, list)
    assert isinstance(rates, list)
    assert isinstance(discounts, list)
    return told | {
        "lines": [{name: value for name, value in line.items() if name != "relief"} for line in lines],
        "rates": [row_of(row) for row in rates],
        "discounts": [(*row[:3], *row[7:]) for row in discounts],
    }


def row_of(row: Row) -> tuple[str, int, int, int, int, int]:
    return row.category, row.rate, row.nature, row.gross, row.vat, row.net
