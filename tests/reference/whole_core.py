"""The way of a whole case to the compiled core and back, in the words of the whole twin."""

from dataclasses import replace

from pattern_cases import core_rule, use_by_use
from pricing_cases import core_subtotal
from reference_book import Book, Conditions, Context, Coupon, CustomerDiscount, Given, LineRule, Sold, TicketRule
from reference_price import price as slow_price
from reference_pricing import Adjustment, Refused
from reference_vat import Row
from whole_cases import WholeCase

from engine_ext import book as core
from engine_ext import conditions, patterns
from engine_ext.basket import BasketLine, LineAdjustment, PricingError
from engine_ext.pricing import Priced, price

REGIMES = False
"""Whether the core knows exempt customers and the margin scheme."""


def core_given(given: Adjustment | None) -> LineAdjustment | None:
    if given is None:
        return None
    priority, stack = (given.priority, given.stack) if isinstance(given, Given) else (0, None)
    return LineAdjustment(
        given.ref, percent=given.percent, amount=given.amount, fixed=given.fixed, priority=priority, stack=stack
    )


def whole_core_line(line: Sold) -> BasketLine:
    """The face chooses the price by which a line enters: the first of the levels below the typed one."""
    levels = (line.contract, line.band, line.tier, line.listed)
    return BasketLine(
        id=line.id,
        product=line.product,
        department=line.department,
        category=line.category,
        rate=line.rate,
        quantity=line.quantity,
        catalogue=line.catalogue,
        listed=next((each for each in levels if each is not None), None),
        typed=line.typed,
        options=line.options,
        nature=line.nature,
        manual=core_given(line.manual),
        default=core_given(line.default),
        tags=line.tags,
    )


def core_conditions(asked: Conditions) -> conditions.Conditions:
    return conditions.Conditions(
        modes=asked.modes,
        groups=asked.groups,
        tables=asked.tables,
        tills=asked.tills,
        zones=asked.zones,
        weekdays=asked.weekdays,
        from_minute=asked.from_minute,
        until_minute=asked.until_minute,
        days=asked.days,
        min_items=asked.min_items,
        min_value=asked.min_value,
        min_covers=asked.min_covers,
        after_discounts=asked.after_discounts,
        products=asked.products,
        departments=asked.departments,
    )


def core_context(context: Context) -> conditions.Context:
    return conditions.Context(
        mode=context.mode,
        groups=context.groups,
        table=context.table,
        till=context.till,
        covers=context.covers,
        zone=context.zone,
        weekday=context.weekday,
        minute=context.minute,
        day=context.day,
    )


def core_line_rule(rule: LineRule) -> core.LineRule:
    return core.LineRule(
        rule.id,
        version=rule.version,
        priority=rule.priority,
        stack=rule.stack,
        percent=rule.percent,
        amount=rule.amount,
        fixed=rule.fixed,
        products=rule.products,
        departments=rule.departments,
        tags=rule.tags,
        except_products=rule.except_products,
        except_departments=rule.except_departments,
        except_tags=rule.except_tags,
        conditions=core_conditions(rule.conditions),
    )


def core_ticket_rule(rule: TicketRule) -> core.TicketRule:
    item = None
    if rule.item is not None:
        line = replace(rule.item, id=core.ADDED_PREFIX + rule.id)
        item = core.AddedItem(whole_core_line(line), per_cover=rule.per_cover)
    return core.TicketRule(
        rule.id,
        version=rule.version,
        priority=rule.priority,
        conditions=core_conditions(rule.conditions),
        item=item,
        percent=rule.percent,
        amount=rule.amount,
    )


def core_book(book: Book) -> core.Book:
    return core.Book(
        line_rules=[core_line_rule(rule) for rule in book.line_rules],
        patterns=patterns.Patterns([core_rule(rule) for rule in book.patterns], mode=book.mode),
        ticket_rules=[core_ticket_rule(rule) for rule in book.ticket_rules],
    )


def core_customer(customer: CustomerDiscount | None) -> core.CustomerDiscount | None:
    if customer is None:
        return None
    return core.CustomerDiscount(
        customer.id, version=customer.version, percent=customer.percent, amount=customer.amount
    )


def core_coupon(coupon: Coupon) -> core.Coupon:
    return core.Coupon(
        coupon.id,
        version=coupon.version,
        percent=coupon.percent,
        amount=coupon.amount,
        conditions=core_conditions(coupon.conditions),
        products=coupon.products,
        departments=coupon.departments,
    )


def run_whole(case: WholeCase) -> Priced:
    """The ticket of the compiled core."""
    basket = case.basket
    return price(
        [whole_core_line(line) for line in basket.lines],
        [core_subtotal(rule) for rule in basket.subtotals],
        basis=basket.basis,
        decimals=basket.decimals,
        book=None if case.book is None else core_book(case.book),
        context=core_context(case.context),
        menus=[patterns.ChosenMenu(*menu) for menu in basket.menus],
        customer=core_customer(basket.customer),
        coupons=[core_coupon(coupon) for coupon in basket.coupons],
        removed=basket.removed,
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
            (
                *(row.ref, row.phase, row.kind, row.rule, row.version, row.uses, row.units),
                *(row.base_sum, row.wanted, row.granted, row.reason),
            )
            for row in priced.discounts
        ],
        "uses": use_by_use(priced),
        "total": priced.total,
        "vat": priced.vat,
    }


def in_reach(case: WholeCase) -> WholeCase:
    """What the core can price today of a case."""
    if REGIMES:
        return case
    lines = [replace(line, exempt=False, margin=False, cost=None) for line in case.basket.lines]
    return replace(case, basket=replace(case.basket, lines=lines))


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
    lines, rates = told["lines"], told["rates"]
    assert isinstance(lines, list)
    assert isinstance(rates, list)
    return told | {
        "lines": [{name: value for name, value in line.items() if name != "relief"} for line in lines],
        "rates": [row_of(row) for row in rates],
    }


def row_of(row: Row) -> tuple[str, int, int, int, int, int]:
    return row.category, row.rate, row.nature, row.gross, row.vat, row.net
