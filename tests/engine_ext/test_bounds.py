"""The bound of the search: it never cuts off the best, and it is tight enough that a shop's tickets are proven best."""

from random import Random

from pattern_cases import PatternCase, random_pattern_case, run_core
from pricing_cases import line
from reference_patterns import BEST, Rule, Slot

from engine_ext.basket import PricingError
from engine_ext.money import AMOUNT_MAX

SEEDS = 300
NODES_FEW = 2_000


def menu(name: str, *products: str, price: int) -> Rule:
    return Rule(id=name, slots=tuple(Slot(products=frozenset({each})) for each in products), price=price)


def test_equal_units_are_proven_in_a_handful_of_nodes() -> None:
    lines = [line(str(n), product=f"p{n}", price=120, quantity=2_000) for n in range(20)]
    rule = Rule(id="five", slots=(Slot(quantity=2),), amount=-40)

    ticket = run_core(PatternCase(lines=lines, rules=[rule]))

    assert (ticket.search, ticket.total) == ("exact", 20 * 240 - 20 * 40)
    assert ticket.nodes < NODES_FEW


def test_crossing_menus_of_twenty_lines_are_proven_best() -> None:
    rng = Random(3)
    names = [f"p{n}" for n in range(20)]
    lines = [line(name, product=name, price=rng.randint(100, 900), quantity=2_000) for name in names]
    rules = [menu(f"menu-{n}", *rng.sample(names, 3), price=rng.randint(300, 900)) for n in range(12)]

    ticket = run_core(PatternCase(lines=lines, rules=rules))

    assert ticket.search == "exact"
    assert ticket.uses


def test_amounts_near_the_limit_do_not_overflow_the_bound() -> None:
    lines = [line(name, product=name, price=1, catalogue=AMOUNT_MAX // 3) for name in "ab"]
    rules = [
        Rule(id="pair", slots=(Slot(quantity=2),), percent=-50_000),
        Rule(id="one", slots=(Slot(products=frozenset("a")),), percent=-99_999),
    ]

    ticket = run_core(PatternCase(lines=lines, rules=rules))

    assert (ticket.search, [use.ref for use in ticket.uses]) == ("exact", ["pair"])


def test_small_problems_never_need_the_budget() -> None:
    for seed in range(SEEDS):
        case = random_pattern_case(Random(f"bounds/{seed}"), units_max=6)
        case.mode = BEST
        try:
            nodes = run_core(case).nodes
        except PricingError:
            nodes = 0  # refused for its menus, before any search

        assert nodes < NODES_FEW, seed
