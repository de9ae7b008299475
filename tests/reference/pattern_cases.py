"""Baskets and pattern books for tests: random small ones, and the way from the twin's words to the core's and back."""

import copy
from dataclasses import dataclass, field, replace
from random import Random

from pricing_cases import core_line, core_subtotal, plain, random_rule
from reference_patterns import BEST, FIRST, Patterns, Rule, Slot
from reference_pricing import DEPOSIT, GOODS, Adjustment, Line, Refused
from reference_pricing import price as slow_price

from engine_ext import patterns as core
from engine_ext.basket import PricingError
from engine_ext.book import Book
from engine_ext.pricing import Priced, price

PRODUCTS = ("cola", "bun", "cake", "tea")
DEPARTMENTS = ("bar", "kitchen")
TAGS = ("hot", "bio")
PRICES = (0, 50, 100, 100, 150, 200, 333, 1000)


@dataclass(kw_only=True)
class PatternCase:
    """The arguments of one call."""

    lines: list[Line]
    rules: list[Rule]
    menus: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    mode: int = BEST
    budget: int = core.NODES_DEFAULT
    subtotals: list[Adjustment] = field(default_factory=list)
    basis: int = 0


def core_rule(rule: Rule) -> core.Pattern:
    slots = tuple(
        core.Slot(
            slot.quantity,
            products=slot.products,
            departments=slot.departments,
            tags=slot.tags,
            except_products=slot.except_products,
            except_tags=slot.except_tags,
            supplements=slot.supplements,
        )
        for slot in rule.slots
    )
    return core.Pattern(
        rule.id,
        slots,
        version=rule.version,
        priority=rule.priority,
        price=rule.price,
        percent=rule.percent,
        amount=rule.amount,
        count=rule.count,
        dearest=rule.dearest,
        on=rule.on,
        group=rule.group,
        automatic=rule.automatic,
    )


def book_of(case: PatternCase) -> core.Patterns:
    return core.Patterns([core_rule(rule) for rule in case.rules], mode=case.mode, budget=case.budget)


def run_core(case: PatternCase) -> Priced:
    return price(
        [core_line(line) for line in case.lines],
        [core_subtotal(rule) for rule in case.subtotals],
        basis=case.basis,
        book=Book(patterns=book_of(case)),
        menus=[core.ChosenMenu(*menu) for menu in case.menus],
    )


def use_by_use(priced: Priced) -> list[tuple[object, ...]]:
    """Every use by itself, every unit by itself."""
    told: list[tuple[object, ...]] = []
    for use in priced.uses:
        slots = tuple(
            tuple(sorted((line_id, worth) for line_id, count, worth in slot for _ in range(count)))
            for slot in use.slots
        )
        figures = (use.base_sum, use.wanted, use.granted)
        told += [(use.ref, use.version, use.discount, use.chosen, slots, *figures)] * use.times
    return told


def core_answer(case: PatternCase) -> object:
    """The ticket with its uses, or the refusal, of the compiled core; of a bounded search it says so."""
    try:
        priced = run_core(case)
    except PricingError as error:
        return error.code, error.line_id
    return plain(priced), use_by_use(priced), priced.search


def twin_answer(case: PatternCase) -> object:
    """The ticket with its uses, or the refusal, of the twin, which always finds the best."""
    patterns = Patterns(case.rules, case.menus, case.mode)
    lines = [copy.deepcopy(line) for line in case.lines]
    try:
        ticket = slow_price(lines, case.subtotals, basis=case.basis, decimals=2, unit_rules=patterns)
    except Refused as error:
        return error.args
    return ticket, patterns.uses, "exact"


def random_slot(rng: Random, *, with_supplements: bool) -> Slot:
    chosen = frozenset(rng.sample(PRODUCTS, rng.choice((1, 2, 2, 3))))
    tags = frozenset({rng.choice(TAGS)})
    kind = rng.random()
    return Slot(
        quantity=rng.choice((1, 1, 1, 2, 2, 3)),
        products=chosen if kind < 0.6 else frozenset(),
        departments=frozenset({rng.choice(DEPARTMENTS)}) if 0.5 < kind < 0.75 else frozenset(),
        tags=tags if 0.7 < kind < 0.85 else frozenset(),
        except_products=frozenset({rng.choice(PRODUCTS)}) if kind > 0.9 else frozenset(),
        except_tags=frozenset(TAGS) - tags if rng.random() < 0.1 else frozenset(),
        supplements=((rng.choice(PRODUCTS), rng.choice((10, 50))),) if with_supplements else (),
    )


def random_pattern(rng: Random, number: int) -> Rule:
    benefit = rng.choice(("price", "percent", "percent", "amount"))
    slots = tuple(
        random_slot(rng, with_supplements=benefit == "price" and rng.random() < 0.3)
        for _ in range(rng.choice((1, 1, 2, 2, 3)))
    )
    on = tuple(sorted(rng.sample(range(len(slots)), 1))) if benefit == "percent" and rng.random() < 0.3 else ()
    most = sum(slot.quantity for at, slot in enumerate(slots) if at in on or not on)
    return Rule(
        id=f"rule-{rng.choice('abc')}{number}",
        slots=slots,
        version=number,
        priority=rng.choice((0, 0, 1)),
        price=rng.choice((0, 100, 150, 250, 400)) if benefit == "price" else None,
        percent=rng.choice((-100_000, -50_000, -10_000, -33_333)) if benefit == "percent" else None,
        amount=rng.choice((-50, -100, -150, -700)) if benefit == "amount" else None,
        count=rng.randint(0, min(2, most)) if benefit == "percent" else 0,
        dearest=benefit == "percent" and rng.random() < 0.3,
        on=on,
        group=rng.choice((None, None, None, "one", "two")),
        automatic=rng.random() < 0.95,
    )


def random_lines(rng: Random, units_max: int) -> list[Line]:
    lines: list[Line] = []
    left = rng.randint(units_max // 2, units_max)
    while left > 0:
        count = min(left, rng.choice((1, 1, 2, 3)))
        left -= count
        product = rng.choice((*PRODUCTS, *PRODUCTS, None))
        unit = rng.choice(PRICES)
        lines.append(
            Line(
                id=str(len(lines)),
                product=product,
                department=rng.choice(DEPARTMENTS),
                category=rng.choice(("normal", "reduced")),
                rate=20_000,
                quantity=rng.choice((535, 1_500)) if rng.random() < 0.08 else 1_000 * count,
                catalogue=unit * 100,
                options=(("syrup", 5_000),) if rng.random() < 0.1 else (),
                nature=DEPOSIT if rng.random() < 0.05 else GOODS,
                tags=tuple(rng.sample(TAGS, rng.choice((0, 0, 1, 2)))),
                default=random_rule(rng, "default", 100) if rng.random() < 0.2 else None,
            )
        )
    return lines


def random_menus(rng: Random, lines: list[Line], rules: list[Rule]) -> list[tuple[str, tuple[str, ...]]]:
    menus = []
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        rule = rng.choice(rules)
        ids: list[str] = []
        for slot in rule.slots:
            fitting = [line.id for line in lines if slot.takes(line) for _ in range(abs(line.quantity) // 1_000 or 1)]
            rng.shuffle(fitting)
            ids += fitting[: slot.quantity]
        if ids or rng.random() < 0.05:
            menus.append((rule.id, tuple(ids) or ("nobody",)))
    return menus


def random_pattern_case(rng: Random, *, units_max: int = 8, rules_max: int = 4) -> PatternCase:
    """At most 8 units and 4 rules; fewer where a rule needs one unit only, since then there are too many multisets."""
    rules = [random_pattern(rng, number) for number in range(rng.randint(1, rules_max))]
    rules[0] = rules[0] if rng.random() < 0.7 else replace(rules[0], slots=(Slot(quantity=2),), on=(), count=0)
    smallest = min(sum(slot.quantity for slot in rule.slots) for rule in rules)
    lines = random_lines(rng, min(units_max, 4 if smallest == 1 else units_max))
    rng.shuffle(lines)
    sign = -1 if rng.random() < 0.03 else 1
    for line in lines:
        line.quantity *= sign
    return PatternCase(
        lines=lines,
        rules=rules,
        menus=random_menus(rng, lines, rules),
        mode=rng.choice((BEST, BEST, FIRST)),
        subtotals=[random_rule(rng, "subtotal", 1)] if rng.random() < 0.3 else [],
        basis=rng.randint(0, 1),
    )
