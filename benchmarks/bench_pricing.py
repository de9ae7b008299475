"""What does pricing a basket cost, in times of SHA-256 over 1 KB and of the plain twin, taken in the same run?"""

import copy
import gc
import hashlib
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from engine_ext.basket import BasketLine, LineAdjustment, SubtotalAdjustment
from engine_ext.book import AddedItem, Book, Coupon, CustomerDiscount, LineRule, TicketRule
from engine_ext.conditions import Conditions, Context
from engine_ext.patterns import Pattern, Patterns, Slot
from engine_ext.pricing import price

ROUNDS = 200
ROUND_US = 500
TWINS = Path(__file__).parent.parent / "tests" / "reference"
RATES = (("normal", 20_000), ("intermediate", 10_000))
RULED_LINES = (1, 5, 20, 100)
RULES = (0, 10, 50, 500)
RULED_ROUNDS = 40
PRODUCTS = 101  # of the bench tickets
EVENING = Conditions(from_minute=1_020, until_minute=1_140)
SITUATION = Context(mode=1, groups=(2,), table=12, till=1, covers=4, weekday=5, minute=1_050, day=739_000)
PRICES = (25_000, 149_000, 38_000, 52_500, 9_900, 180_000, 61_000, 24_500)


def quickest_ns(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Nanoseconds of one call: the best of many short rounds, so that a neighbour on the machine costs rounds only."""
    started = perf_counter_ns()
    work()
    calls = max(1, ROUND_US * 1_000 // max(1, perf_counter_ns() - started))
    best = float("inf")
    gc.disable()
    try:
        for _ in range(rounds):
            started = perf_counter_ns()
            for _ in range(calls):
                work()
            best = min(best, (perf_counter_ns() - started) / calls)
    finally:
        gc.enable()
    return best


def words(count: int) -> list[dict[str, Any]]:
    """The lines of the bench ticket: two rates, products of a bar, quantities of 1 to 3."""
    return [
        {
            "id": str(number),
            "product": f"product-{number * 37 % 101}",
            "department": "bar",
            "category": RATES[number % 2][0],
            "rate": RATES[number % 2][1],
            "quantity": 1_000 * (1 + number % 3),
            "catalogue": PRICES[number % len(PRICES)],
        }
        for number in range(count)
    ]


def build(lines: list[dict[str, Any]]) -> list[BasketLine]:
    return [
        BasketLine(
            id=line["id"],
            product=line["product"],
            department=line["department"],
            category=line["category"],
            rate=line["rate"],
            quantity=line["quantity"],
            catalogue=line["catalogue"],
        )
        for line in lines
    ]


def twin_ns(lines: list[dict[str, Any]]) -> float:
    """The same basket, 10 % off, through the twin that the tests hold the core against."""
    sys.path.insert(0, str(TWINS))
    try:
        import reference_pricing as twin
    finally:
        sys.path.remove(str(TWINS))
    ready = [twin.Line(**line) for line in lines]
    rules = [twin.Adjustment(ref="ten", percent=-10_000)]
    whole = quickest_ns(lambda: twin.price(copy.deepcopy(ready), rules, basis=0, decimals=2))
    return whole - quickest_ns(lambda: copy.deepcopy(ready))


def measure(count: int, s_ns: float) -> dict[str, float]:
    """Times of one size of basket: objects alone, pricing alone, both, and with a discount on each line."""
    lines = words(count)
    ready = build(lines)
    rules = (SubtotalAdjustment("ten", percent=-10_000),)
    ten = LineAdjustment("ten", percent=-10_000)
    marked = [BasketLine(**line, manual=ten) for line in lines]
    bare_ns = quickest_ns(lambda: price(ready))
    price_ns = quickest_ns(lambda: price(ready, rules))
    whole_ns = quickest_ns(lambda: price(build(lines), rules))
    return {
        "build_ns": quickest_ns(lambda: build(lines)),
        "price_plain_ns": bare_ns,
        "price_one_discount_ns": price_ns,
        "price_line_discounts_ns": quickest_ns(lambda: price(marked)),
        "build_and_price_ns": whole_ns,
        "build_and_price_s": whole_ns / s_ns,
        "twin_ns": (slow_ns := twin_ns(lines)),
        "twin_ratio": slow_ns / price_ns,
    }


def line_rule(number: int) -> LineRule:
    """So much off three products, every other one in happy hour only, every fourth for a group of customers."""
    named = [f"product-{(number * 7 + step * 31) % PRODUCTS}" for step in range(3)]
    asked = EVENING if number % 2 else Conditions(groups=(number % 4,)) if number % 4 == 0 else None
    return LineRule(
        f"line-{number}",
        priority=number % 3,
        stack="happy" if number % 5 == 0 else None,
        percent=-1_000 * (1 + number % 20),
        products=named,
        conditions=asked,
    )


def ticket_rule(number: int) -> TicketRule:
    """From so many items, or so much, in one sales mode: a fee, or some percent; a few hold, most do not."""
    asked = Conditions(modes=(number % 4,), min_items=number % 9, min_value=100 * (number % 70))
    if number % 5:
        return TicketRule(f"ticket-{number}", percent=-100 * (1 + number % 9), conditions=asked)
    fee = BasketLine(
        id=f"aticket-{number}",
        product="fee",
        department=None,
        category="normal",
        rate=20_000,
        quantity=1_000,
        catalogue=10_000,
    )
    return TicketRule(f"ticket-{number}", item=AddedItem(fee), conditions=asked)


def pattern(number: int) -> Pattern:
    """Two of some products, a little off."""
    named = tuple(f"product-{(number * 11 + step * 17) % PRODUCTS}" for step in range(4))
    return Pattern(f"pattern-{number}", (Slot(2, products=named),), amount=-10 * (1 + number % 9))


def mixed_book(rules: int) -> Book:
    """Of ten rules six are on lines, three are automatic, one consumes units."""
    return Book(
        line_rules=[line_rule(number) for number in range(rules) if number % 10 < 6],
        ticket_rules=[ticket_rule(number) for number in range(rules) if 6 <= number % 10 < 9],
        patterns=Patterns([pattern(number) for number in range(rules) if number % 10 == 9]),
    )


def ruled_row(lines: int, rules: int) -> dict[str, float]:
    """A ticket of so many lines with a book of so many rules, a customer's discount and a coupon."""
    ready = build(words(lines))
    bare_ns = quickest_ns(lambda: price(ready), RULED_ROUNDS)
    if not rules:
        return {"ns": bare_ns, "tickets_s": 1e9 / bare_ns, "times_bare": 1.0}
    book = mixed_book(rules)
    loyal = CustomerDiscount("loyal", percent=-5_000)
    coupons = (Coupon("coupon", amount=-100, conditions=EVENING),)
    ns = quickest_ns(lambda: price(ready, book=book, context=SITUATION, customer=loyal, coupons=coupons), RULED_ROUNDS)
    why_ns = quickest_ns(
        lambda: price(ready, book=book, context=SITUATION, customer=loyal, coupons=coupons, misses=True), RULED_ROUNDS
    )
    return {"ns": ns, "tickets_s": 1e9 / ns, "times_bare": ns / bare_ns, "with_hints_ns": why_ns}


def run() -> dict[str, Any]:
    """Every figure of this benchmark; times in nanoseconds, ``*_s`` in times of SHA-256 over 1 KB."""
    kilobyte = bytes(1024)
    s_ns = quickest_ns(lambda: hashlib.sha256(kilobyte).digest())
    return {
        "benchmark": "pricing",
        "python": platform.python_version(),
        "machine": platform.machine(),
        "s_ns": s_ns,
        "lines_5": measure(5, s_ns),
        "lines_8": measure(8, s_ns),
        "lines_200": measure(200, s_ns),
        "ruled": {f"{lines} lines, {rules} rules": ruled_row(lines, rules) for lines in RULED_LINES for rules in RULES},
    }


def table(figures: dict[str, Any]) -> str:
    """The figures for a person: a row per measure, a column per size of basket."""
    sizes = [name for name in figures if name.startswith("lines_")]
    rows = [f"S = SHA-256 of 1 KB: {figures['s_ns']:.0f} ns", f"{'':26}" + "".join(f"{size:>14}" for size in sizes)]
    for measure_name in figures[sizes[0]]:
        decimals = 0 if measure_name.endswith("_ns") else 2
        cells = "".join(f"{figures[size][measure_name]:>14,.{decimals}f}" for size in sizes)
        rows.append(f"{measure_name:26}{cells}")
    rows += [
        f"{name:26}{row['tickets_s']:>14,.0f} tickets/s{row['times_bare']:>9.1f} x bare"
        for name, row in figures["ruled"].items()
    ]
    return "\n".join(rows)


def main() -> None:
    figures = run()
    print(table(figures), file=sys.stderr)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
