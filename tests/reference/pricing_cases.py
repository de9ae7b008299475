"""Baskets for tests of pricing: random ones, and the way from the twin's words to the core's and back."""

import copy
from dataclasses import dataclass
from random import Random

from reference_pricing import AMOUNT_MAX, DEPOSIT, GOODS, STORED, Adjustment, Line, Refused
from reference_pricing import price as slow_price

from engine_ext.basket import BasketLine, LineAdjustment, PricingError, SubtotalAdjustment
from engine_ext.pricing import Priced, price

RATES = (("normal", 20_000), ("intermediate", 10_000), ("reduced", 5_500), ("press", 2_100), ("none", 0))


@dataclass(kw_only=True)
class Case:
    """The arguments of one call."""

    lines: list[Line]
    subtotals: list[Adjustment]
    basis: int
    decimals: int


def line(line_id: str = "1", *, price: int, rate: int = 20_000, quantity: int = 1_000, **more: object) -> Line:
    """A line of a test told in the few words that matter: ``price`` in cents."""
    words: dict[str, object] = {
        "product": f"product-{line_id}",
        "department": "food",
        "category": f"rate-{rate}",
        "catalogue": price * 100,
    }
    return Line(id=line_id, rate=rate, quantity=quantity, **(words | more))  # type: ignore[arg-type]  # words of Line


def core_line_rule(rule: Adjustment | None) -> LineAdjustment | None:
    if rule is None:
        return None
    return LineAdjustment(rule.ref, percent=rule.percent, amount=rule.amount, fixed=rule.fixed)


def core_line(line: Line) -> BasketLine:
    return BasketLine(
        id=line.id,
        product=line.product,
        department=line.department,
        category=line.category,
        rate=line.rate,
        quantity=line.quantity,
        catalogue=line.catalogue,
        listed=line.listed,
        typed=line.typed,
        options=line.options,
        nature=line.nature,
        manual=core_line_rule(line.manual),
        default=core_line_rule(line.default),
        cost=line.cost,
        margin=line.margin,
        exempt=line.exempt,
        tags=line.tags,
    )


def core_subtotal(rule: Adjustment) -> SubtotalAdjustment:
    return SubtotalAdjustment(rule.ref, lines=rule.lines, percent=rule.percent, amount=rule.amount, fixed=rule.fixed)


def plain(priced: Priced) -> dict[str, object]:
    """A ticket of the core in the twin's words."""
    return {
        "lines": [(row.id, row.unit, row.base, row.shares, row.amount, row.vat) for row in priced.lines],
        "rates": [
            (row.category, row.rate, row.nature, row.gross, row.vat, row.net, row.scheme) for row in priced.rates
        ],
        "discounts": [
            (row.ref, row.phase, row.kind, row.base_sum, row.wanted, row.granted, row.reason)
            for row in priced.discounts
        ],
        "total": priced.total,
        "vat": priced.vat,
        "algorithm": priced.algorithm,
    }


def run_core(case: Case) -> Priced:
    subtotals = [core_subtotal(rule) for rule in case.subtotals]
    return price([core_line(line) for line in case.lines], subtotals, basis=case.basis, decimals=case.decimals)


def core_answer(case: Case) -> object:
    """The ticket or the refusal of the compiled core."""
    try:
        return plain(run_core(case))
    except PricingError as error:
        return error.code, error.line_id


def twin_answer(case: Case) -> object:
    """The ticket or the refusal of the twin."""
    lines = [copy.deepcopy(line) for line in case.lines]
    try:
        return slow_price(lines, case.subtotals, basis=case.basis, decimals=case.decimals)
    except Refused as error:
        return error.args


def random_price(rng: Random, scale: str) -> int:
    if scale == "huge":
        return rng.choice((AMOUNT_MAX, rng.randint(0, AMOUNT_MAX), rng.randint(0, 10**12), rng.randint(0, 10**12)))
    return (
        rng.randint(0, 400) if scale == "tiny" else rng.choice((rng.randint(0, 2_000) * 100, rng.randint(0, 200_000)))
    )


def random_quantity(rng: Random, scale: str) -> int:
    if scale == "huge":
        return rng.choice((1, 1_000, 1_000, 10_000, rng.randint(1, 10**4), rng.randint(1, AMOUNT_MAX // 1_000)))
    return rng.choice((1_000, 1_000 * rng.randint(1, 6), rng.randint(1, 3_000)))


def random_rule(rng: Random, ref: str, unit: int) -> Adjustment:
    """A rule whose amounts count ``unit`` minor units' worth each."""
    if rng.random() < 0.2:
        return Adjustment(ref=ref, fixed=rng.randint(0, 3_000) * unit)
    percent = rng.choice((0, -5_000, -10_000, -100_000, rng.randint(-100_000, 100_000)))
    return Adjustment(ref=ref, percent=percent, amount=rng.choice((0, 0, rng.randint(-800, 300) * unit)))


def random_line(rng: Random, line_id: str, sign: int, scale: str) -> Line:
    category, rate = rng.choice(RATES)
    nature = DEPOSIT if rng.random() < 0.12 else GOODS
    if (nature == DEPOSIT and rng.random() < 0.6) or rng.random() < 0.005:
        sign = -sign
    options = tuple((rng.choice("xyz"), rng.randint(-50, 200) * 100) for _ in range(rng.choice((0, 0, 0, 1, 2))))
    return Line(
        id=line_id,
        product=rng.choice((None, "cola", "menu", "water")),
        department=rng.choice((None, "bar", "cola")),
        category=category,
        rate=rate,
        quantity=sign * random_quantity(rng, scale),
        catalogue=random_price(rng, scale),
        listed=random_price(rng, scale) if rng.random() < 0.2 else None,
        typed=random_price(rng, scale) if rng.random() < 0.2 else None,
        options=options if scale == "shop" else (),
        nature=nature,
        manual=random_rule(rng, "manual", 100) if nature == GOODS and rng.random() < 0.2 else None,
        default=random_rule(rng, "default", 100) if rng.random() < 0.2 else None,
    )


def give_schemes(rng: Random, lines: list[Line], scale: str) -> None:
    """Some goods are taxed on their margin, some lines are vouchers, some or all are sold without VAT."""
    exempt = rng.choice((0.0, 0.0, 0.5, 1.0))
    for line in lines:
        line.exempt = rng.random() < exempt
        if line.nature == GOODS and rng.random() < 0.3:
            line.margin, line.cost = True, random_price(rng, scale)
        elif line.nature == GOODS and line.manual is None and rng.random() < 0.1:
            line.nature = STORED


def random_case(rng: Random, *, lines_max: int = 12) -> Case:
    """A basket of a shop, of halfpennies or of amounts near the limits; positive or negative; rarely a refused one."""
    scale = rng.choice(("shop", "shop", "shop", "tiny", "huge"))
    sign = rng.choice((1, 1, -1))
    ids = [str(number) for number in range(rng.randint(0, lines_max))]
    rng.shuffle(ids)
    lines = [random_line(rng, line_id, sign, scale) for line_id in ids]
    subtotals = [random_rule(rng, f"rule-{i}", 1) for i in range(rng.choice((0, 0, 1, 1, 2, 3)))]
    for rule in subtotals:
        if ids and rng.random() < 0.5:
            rule.lines = tuple(rng.sample(ids, rng.randint(1, len(ids))))
        if rng.random() < 0.01:
            rule.lines = (*rule.lines, "nobody")
    if ids and rng.random() < 0.01:
        lines.append(random_line(rng, rng.choice(ids), sign, scale))
    if rng.random() < 0.5:
        give_schemes(rng, lines, scale)
    return Case(lines=lines, subtotals=subtotals, basis=rng.randint(0, 1), decimals=rng.choice((2, 2, 0, 3, 4)))
