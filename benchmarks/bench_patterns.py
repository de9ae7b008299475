"""What do rules that consume units cost: by lines and rules, against plain pricing and the twin, and at worst?"""

import sys
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Any

from benchmarks.figures import Figure, Plan, answer, plain
from benchmarks.timing import quickest_ns
from engine_ext.basket import BasketLine
from engine_ext.book import Book
from engine_ext.patterns import NODES_DEFAULT, Pattern, Patterns, Slot
from engine_ext.pricing import SEARCH_BOUNDED, Priced, price

LINES = (1, 5, 20, 100)
RULES = (0, 10, 50, 500)
BASKETS = 40
ROUNDS = 10
PRODUCTS = 400
DEPARTMENTS = 20
TWINS = Path(__file__).parent.parent / "tests" / "reference"


def product_of(number: int) -> str:
    return f"product-{number}"


def department_of(number: int) -> str:
    return f"department-{number % DEPARTMENTS}"


def basket(rng: Random, count: int) -> list[BasketLine]:
    """Lines of a shop with 400 products in 20 departments, one to three of each, prices by 5 cents."""
    return [
        BasketLine(
            id=str(line_id),
            product=product_of(number),
            department=department_of(number),
            category="normal",
            rate=20_000,
            quantity=1_000 * rng.choice((1, 1, 1, 2, 3)),
            catalogue=(1 + number * 37 % 200) * 500,
        )
        for line_id, number in enumerate(rng.sample(range(PRODUCTS), count))
    ]


def some_products(rng: Random) -> tuple[str, ...]:
    return tuple(product_of(number) for number in rng.sample(range(PRODUCTS), 6))


def pattern(rng: Random, number: int) -> Pattern:
    """A menu over departments, a second one at half price, three for two, or so much off two articles."""
    kind = number % 4
    name = f"rule-{number}"
    if kind == 0:
        chosen = rng.sample(range(DEPARTMENTS), 3)
        slots = tuple(Slot(departments=(department_of(each),)) for each in chosen)
        return Pattern(name, slots, priority=rng.randint(0, 3), price=rng.randint(6, 20) * 100)
    if kind == 1:
        return Pattern(name, (Slot(2, products=some_products(rng)),), percent=-50_000, count=1)
    if kind == 2:
        one = (department_of(rng.randrange(DEPARTMENTS)),)
        return Pattern(name, (Slot(3, departments=one),), percent=-100_000, count=1)
    slots = (Slot(products=some_products(rng)), Slot(products=some_products(rng)))
    return Pattern(name, slots, amount=-rng.randint(1, 10) * 10)


def book(rules: int) -> Book:
    rng = Random(f"book {rules}")
    return Book(patterns=Patterns([pattern(rng, number) for number in range(rules)]))


def baskets_of(lines: int) -> list[list[BasketLine]]:
    return [basket(Random(f"basket {lines}/{number}"), lines) for number in range(BASKETS)]


def bare(lines: int, rounds: int) -> float:
    """Mean nanoseconds of a ticket of so many lines without a book."""
    baskets = baskets_of(lines)
    return quickest_ns(lambda: [price(each) for each in baskets], rounds) / BASKETS


def size(lines: int, rules: int, rounds: int) -> dict[str, float]:
    """Mean time of a ticket of so many lines, and how many of the baskets were proven to be best."""
    baskets = baskets_of(lines)
    whole = book(rules)
    tickets = [price(each, book=whole) for each in baskets]
    ns = quickest_ns(lambda: [price(each, book=whole) for each in baskets], rounds) / BASKETS
    return {
        "ns": ns,
        "tickets_s": 1e9 / ns,
        "uses": sum(use.times for ticket in tickets for use in ticket.uses) / BASKETS,
        "exact": sum(ticket.search != SEARCH_BOUNDED for ticket in tickets) / BASKETS,
        "nodes_max": max(ticket.nodes for ticket in tickets),
    }


def worst_cases() -> dict[str, tuple[list[BasketLine], Patterns]]:
    """Baskets made to hurt: 64 classes that overlapping slots all want, and prices that no bound tells apart."""
    rng = Random("worst")
    lines = [
        BasketLine(
            id=str(number),
            product=product_of(number),
            department=None,
            category="normal",
            rate=20_000,
            quantity=1_000 * rng.randint(1, 3),
            catalogue=rng.randint(100, 900) * 100,
        )
        for number in range(64)
    ]
    products = [product_of(number) for number in range(64)]
    pairs = [
        Pattern(f"pair-{n}", (Slot(2, products=rng.sample(products, 24)),), price=rng.randint(300, 900))
        for n in range(20)
    ]
    triples = [
        Pattern(
            f"triple-{n}",
            tuple(Slot(products=rng.sample(products, 8)) for _ in range(3)),
            price=rng.randint(500, 1_500),
        )
        for n in range(12)
    ]
    grouped = [
        Pattern(f"group-{n}", (Slot(2, products=rng.sample(products, 14)),), percent=-33_333, group=f"group-{n % 10}")
        for n in range(80)
    ]
    crowd = [Pattern(f"crowd-{n}", tuple(Slot(2) for _ in range(8)), percent=-10_000 - n) for n in range(4)]
    return {
        "pairs": (lines, Patterns(pairs)),
        "triples": (lines, Patterns(triples)),
        "groups": (lines, Patterns(grouped)),
        "any 16 of 64": (lines, Patterns(crowd)),
        "500 rules": (lines, Patterns([*pairs, *triples, *grouped, *[pattern(rng, n) for n in range(388)]])),
    }


def slowest() -> dict[str, dict[str, float]]:
    """Milliseconds of each of the worst cases at the full budget."""
    found = {}
    for name, (lines, patterns) in worst_cases().items():
        times = []
        ticket: Priced | None = None
        for _ in range(3):
            started = perf_counter_ns()
            ticket = price(lines, book=Book(patterns=patterns))
            times.append(perf_counter_ns() - started)
        assert ticket is not None
        found[name] = {"ms": min(times) / 1e6, "nodes": ticket.nodes, "bounded": ticket.search == SEARCH_BOUNDED}
    return found


def twin_ratio(rounds: int) -> dict[str, float]:
    """Small baskets of the property tests, core against twin: mean times over the same baskets."""
    sys.path.insert(0, str(TWINS))
    try:
        import pattern_cases as cases
        from pricing_cases import core_line
    finally:
        sys.path.remove(str(TWINS))
    chosen = [cases.random_pattern_case(Random(f"bench {number}"), units_max=6) for number in range(60)]
    for case in chosen:
        case.menus = []
    ready = [([core_line(line) for line in case.lines], Book(patterns=cases.book_of(case))) for case in chosen]
    core_ns = quickest_ns(lambda: [price(lines, book=book) for lines, book in ready], rounds)
    twin_ns = quickest_ns(lambda: [cases.twin_answer(case) for case in chosen], 2)
    return {"core_ns": core_ns / len(ready), "twin_ns": twin_ns / len(ready), "ratio": twin_ns / core_ns}


def run(plan: Plan) -> dict[str, Any]:
    """Every figure of this benchmark."""
    rounds = plan.times(ROUNDS)
    figures: list[Figure] = []
    raw: dict[str, Any] = {}
    for lines in LINES:
        bare_ns = bare(lines, rounds)
        figures.append(plain(f"{lines} lines, no book", 1e9 / bare_ns, "tickets/s"))
        for rules in RULES:
            row = size(lines, rules, rounds)
            raw[f"{lines} lines, {rules} rules"] = row | {"bare_ns": bare_ns}
            figures += [
                plain(f"{lines} lines, {rules} rules", row["tickets_s"], "tickets/s"),
                plain("  of the time without a book", row["ns"] / bare_ns, "x"),
                plain("  proven best", row["exact"] * 100, "%"),
            ]
    raw["twin"] = twin_ratio(rounds)
    figures.append(plain("twin / core, up to 6 units and 4 rules", raw["twin"]["ratio"], "x"))
    raw["worst"] = slowest()
    for name, row in raw["worst"].items():
        figures.append(plain(f"worst case, {name}: {row['nodes']:.0f} of {NODES_DEFAULT} nodes", row["ms"], "ms"))
    return answer("what do rules that consume units cost?", figures, raw=raw)
