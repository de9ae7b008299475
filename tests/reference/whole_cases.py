"""Nasty baskets, books and moments for the whole of pricing: random, from one seed, in the twin's words."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import Any

from pattern_cases import DEPARTMENTS, PRODUCTS, TAGS, random_menus, random_pattern
from pricing_cases import RATES
from reference_book import (
    Basket,
    Book,
    Conditions,
    Context,
    Coupon,
    CustomerDiscount,
    Given,
    LineRule,
    Sold,
    TicketRule,
)
from reference_pricing import AMOUNT_MAX, DEPOSIT, GOODS, Adjustment, Line

PERCENTS = (-100_000, -50_000, -33_333, -20_000, -10_000, -5_000, -1, 1, 10_000, 100_000, 1_000_000)
SCALES = ("shop", "shop", "shop", "tiny", "zero", "huge")
DECIMALS = (2, 2, 2, 0, 1, 3, 4)


@dataclass(kw_only=True)
class WholeCase:
    """The arguments of one call; ``book`` None is a call as it was before there were books."""

    basket: Basket
    book: Book | None = None
    context: Context = field(default_factory=Context)


def whole_line(line: Line, **more: Any) -> Sold:
    """A line of the older twins, with what the whole asks besides."""
    words = {each.name: getattr(line, each.name) for each in fields(Line) if each.name not in ("shares",)}
    return Sold(**(words | more))


def random_price(rng: Random, scale: str) -> int:
    """A unit price: in cents, between them, nothing at all, or as large as it may be."""
    if scale == "huge":
        return rng.choice((AMOUNT_MAX, rng.randint(0, AMOUNT_MAX), rng.randint(0, 10**12), 10_000))
    if scale == "tiny":
        return rng.randint(0, 400)
    if scale == "zero":
        return rng.choice((0, 0, 0, 1, 49, 50, 100))
    return rng.choice((rng.randint(0, 30) * 5_000, rng.randint(0, 2_000) * 100, rng.randint(0, 200_000)))


def random_quantity(rng: Random, scale: str) -> int:
    """A quantity: whole, weighed, a thousandth, or as large as it may be."""
    if scale == "huge":
        return rng.choice((1, 1_000, 1_000, rng.randint(1, 10**4), rng.randint(1, AMOUNT_MAX // 1_000)))
    return rng.choice((1_000, 1_000, 1_000 * rng.randint(1, 4), 535, 1, 999, 1_001, rng.randint(1, 3_000)))


def random_adjustment(rng: Random, ref: str, unit: int) -> Adjustment:
    """What an operator may type; amounts count ``unit`` minor units' worth each."""
    if rng.random() < 0.15:
        return Adjustment(ref=ref, fixed=rng.choice((0, rng.randint(0, 3_000))) * unit)
    return Adjustment(ref=ref, **random_benefit(rng, unit))


def random_given(rng: Random, ref: str) -> Given:
    """What stands on one line."""
    made = random_adjustment(rng, ref, 100)
    return Given(
        ref=ref,
        percent=made.percent,
        amount=made.amount,
        fixed=made.fixed,
        priority=rng.choice((0, 0, 0, 1)),
        stack=rng.choice((None, None, "s")),
    )


def random_benefit(rng: Random, unit: int) -> dict[str, Any]:
    """A percentage, an amount, or both; off more often than on."""
    amount = rng.choice((-1, -100, -99_999, rng.randint(-900, -1), rng.randint(1, 300))) * unit
    percent = rng.choice((*PERCENTS, rng.randint(-100_000, 100_000))) or -10_000  # none that changes nothing
    kind = rng.random()
    return {"percent": percent if kind < 0.6 else 0, "amount": amount if kind > 0.5 else 0}


def random_line(rng: Random, line_id: str, sign: int, scale: str) -> Sold:
    category, rate = rng.choice(RATES)
    nature = DEPOSIT if rng.random() < 0.1 else GOODS
    turned = (nature == DEPOSIT and rng.random() < 0.5) or rng.random() < 0.002
    goods = nature == GOODS
    return Sold(
        id=line_id,
        product=rng.choice((*PRODUCTS, None)),
        department=rng.choice((*DEPARTMENTS, None)),
        category=category,
        rate=rate,
        quantity=random_quantity(rng, scale) * (-sign if turned else sign),
        catalogue=random_price(rng, scale),
        listed=random_price(rng, scale) if rng.random() < 0.15 else None,
        typed=random_price(rng, scale) if rng.random() < 0.1 else None,
        options=random_options(rng) if scale == "shop" else (),
        nature=nature,
        manual=random_given(rng, "manual") if goods and rng.random() < 0.15 else None,
        default=random_given(rng, "default") if rng.random() < 0.2 else None,
        tags=tuple(rng.sample(TAGS, rng.choice((0, 0, 1, 2)))),
    )


def random_options(rng: Random) -> tuple[tuple[str, int], ...]:
    return tuple((rng.choice("xyz"), rng.randint(-50, 200) * 100) for _ in range(rng.choice((0, 0, 0, 1, 2))))


def random_lines(rng: Random, lines_max: int, scale: str) -> list[Sold]:
    """Lines of one sign; some stand twice, equal in all but their ids."""
    sign = rng.choice((1, 1, 1, 1, -1))
    ids = [str(number) for number in range(rng.randint(0, lines_max))]
    rng.shuffle(ids)
    lines: list[Sold] = []
    for line_id in ids:
        twin = lines and rng.random() < 0.25
        lines.append(replace(rng.choice(lines), id=line_id) if twin else random_line(rng, line_id, sign, scale))
    if lines and rng.random() < 0.005:
        lines.append(replace(lines[0]))
    return lines


def random_subtotals(rng: Random, lines: list[Sold]) -> list[Adjustment]:
    rules = [random_adjustment(rng, f"typed-{i}", 1) for i in range(rng.choice((0, 0, 0, 1, 1, 2, 3)))]
    for rule in rules:
        if lines and rng.random() < 0.5:
            rule.lines = tuple(line.id for line in rng.sample(lines, rng.randint(1, len(lines))))
        if rng.random() < 0.005:
            rule.lines = (*rule.lines, "nobody")
    return rules


def some(rng: Random, values: tuple[Any, ...], chance: float) -> frozenset[Any]:
    return frozenset(rng.sample(values, rng.randint(1, min(2, len(values))))) if rng.random() < chance else frozenset()


def random_conditions(rng: Random, *, may_wait: bool = True) -> Conditions:
    """Mostly none: what never holds finds nothing; only some may wait for what other discounts leave."""
    if rng.random() < 0.5:
        return Conditions()
    hours = rng.random() < 0.2
    value = rng.choice((0, 0, 0, 1, 500, 1_000, 10_000))
    start = rng.choice((0, 600, 1_020, 1_320, rng.randrange(1_440)))
    return Conditions(
        modes=some(rng, (0, 1, 2), 0.1),
        groups=some(rng, (1, 2, 3), 0.1),
        tables=some(rng, (1, 2), 0.05),
        tills=some(rng, (1, 2), 0.1),
        zones=some(rng, (1, 2), 0.05),
        weekdays=some(rng, (1, 2, 3, 4, 5, 6, 7), 0.1),
        from_minute=start if hours else None,
        until_minute=rng.choice([each for each in (60, 120, 660, 1_140, 1_439) if each != start]) if hours else None,
        days=(100, rng.choice((100, 101, 150))) if rng.random() < 0.05 else None,
        min_items=rng.choice((0, 0, 0, 1, 2, 3, 10)),
        min_value=value,
        min_covers=rng.choice((0, 0, 0, 0, 2)),
        after_discounts=may_wait and value > 0 and rng.random() < 0.5,
        products=some(rng, PRODUCTS, 0.1),
        departments=some(rng, DEPARTMENTS, 0.05),
    )


def random_context(rng: Random) -> Context:
    return Context(
        mode=rng.choice((0, 0, 1, 2)),
        groups=some(rng, (1, 2, 3), 0.5),
        table=rng.choice((0, 0, 1, 2)),
        till=rng.choice((1, 1, 2)),
        covers=rng.choice((0, 0, 1, 2, 4)),
        zone=rng.choice((0, 0, 1)),
        weekday=rng.randint(1, 7),
        minute=rng.choice((0, 59, 60, 119, 120, 600, 1_139, 1_140, 1_320, 1_439, rng.randrange(1_440))),
        day=rng.choice((99, 100, 101, 200)),
    )


def random_line_rule(rng: Random, id: str) -> LineRule:
    fixed = rng.random() < 0.2
    benefit: dict[str, Any] = {"fixed": rng.randint(0, 400) * 100} if fixed else random_benefit(rng, 100)
    products = some(rng, PRODUCTS, 0.5)
    departments, tags = some(rng, DEPARTMENTS, 0.2), some(rng, TAGS, 0.2)
    return LineRule(
        id=id,
        version=rng.randint(1, 9),
        priority=rng.choice((0, 0, 0, 1, 2)),
        stack=rng.choice((None, None, "s", "t")),
        products=products,
        departments=departments,
        tags=tags,
        except_products=some(rng, PRODUCTS, 0.1) - products,
        except_departments=some(rng, DEPARTMENTS, 0.05) - departments,
        except_tags=some(rng, TAGS, 0.1) - tags,
        conditions=random_conditions(rng, may_wait=False),
        **benefit,
    )


def random_ticket_rule(rng: Random, id: str, scale: str) -> TicketRule:
    kind = rng.random()
    benefit: dict[str, int] = {}
    if kind < 0.4:
        benefit = {"percent": rng.choice(PERCENTS)}
    elif kind < 0.8:
        benefit = {"amount": rng.choice((-1, -100, -99_999, rng.randint(-900, -1), rng.randint(1, 300)))}
    item = None
    if kind > 0.6:
        item = random_line(rng, "item", 1, scale)
        item = replace(item, quantity=1_000, typed=None, manual=None, default=None, nature=GOODS, options=())
    return TicketRule(
        id=id,
        version=rng.randint(1, 9),
        priority=rng.choice((0, 0, 1)),
        conditions=random_conditions(rng),
        item=item,
        per_cover=item is not None and rng.random() < 0.3,
        **benefit,
    )


def random_coupon(rng: Random, id: str) -> Coupon:
    return Coupon(
        id=id,
        version=rng.randint(1, 9),
        conditions=random_conditions(rng),
        products=some(rng, PRODUCTS, 0.4),
        departments=some(rng, DEPARTMENTS, 0.2),
        **random_benefit(rng, 1),
    )


def random_book(rng: Random, scale: str) -> Book:
    """Rules of all kinds but those that consume units; ids are shuffled: no order is right by chance."""
    ids = [str(id) for id in rng.sample(range(1, 60), 12)]
    return Book(
        line_rules=tuple(random_line_rule(rng, id) for id in ids[: rng.randint(0, 5)]),
        ticket_rules=tuple(random_ticket_rule(rng, id, scale) for id in ids[6 : 6 + rng.randint(0, 4)]),
    )


def random_whole(rng: Random, *, lines_max: int = 10, taxes: Callable[[Random, Sold], Sold] | None = None) -> WholeCase:
    """A basket with all rules but those that consume units, of any size and sign; now and then a refused one."""
    scale = rng.choice(SCALES)
    lines = random_lines(rng, lines_max, scale)
    book = random_book(rng, scale)
    if taxes is not None:
        lines = [taxes(rng, line) for line in lines]
    ids = [rule.id for rule in book.ticket_rules]
    basket = Basket(
        lines=lines,
        subtotals=random_subtotals(rng, lines),
        customer=CustomerDiscount(id="7", version=2, **random_benefit(rng, 1)) if rng.random() < 0.3 else None,
        coupons=[random_coupon(rng, str(id)) for id in rng.sample(range(1, 20), rng.choice((0, 0, 0, 1, 2)))],
        removed=frozenset(id for id in ids if rng.random() < 0.15),
        basis=rng.randint(0, 1),
        decimals=rng.choice(DECIMALS),
    )
    return WholeCase(basket=basket, book=book, context=random_context(rng))


def random_small_whole(rng: Random) -> WholeCase:
    """All other rules, and so few units and patterns that every multiset of uses can be tried."""
    case = random_whole(rng, lines_max=4)
    assert case.book is not None
    patterns = [random_pattern(rng, number) for number in range(rng.randint(0, 3))]
    smallest = min((sum(slot.quantity for slot in rule.slots) for rule in patterns), default=9)
    left = 3 if smallest == 1 else 6
    lines: list[Sold] = []
    for line in case.basket.lines:
        whole = line.quantity % 1_000 == 0
        units = min(abs(line.quantity) // 1_000, left) if whole else 1
        if units and left:
            left -= units
            sign = -1 if line.quantity < 0 else 1
            lines.append(replace(line, quantity=sign * (units * 1_000 if whole else abs(line.quantity) % 7_000)))
    kept = {line.id for line in lines}
    for rule in case.basket.subtotals:
        rule.lines = tuple(line_id for line_id in rule.lines if line_id in kept)
    case.basket.lines = lines
    case.basket.menus = random_menus(rng, list(lines), patterns) if patterns and rng.random() < 0.5 else []
    case.book = replace(case.book, patterns=tuple(patterns), mode=rng.randint(0, 1))
    return case


def random_taxed(rng: Random, line: Sold) -> Sold:
    """The line for an exempt customer, or of second-hand goods."""
    kind = rng.random()
    if kind < 0.3:
        return replace(line, exempt=True)
    if kind < 0.5 and line.nature == GOODS:
        return replace(line, margin=True, cost=rng.choice((0, 1, 50_000, rng.randint(0, 300_000))))
    return line


def without_rules(case: WholeCase) -> WholeCase:
    """The same basket as calls were before there were books."""
    basket = replace(case.basket, customer=None, coupons=[], removed=frozenset(), menus=[])
    return WholeCase(basket=basket, book=None, context=case.context)
