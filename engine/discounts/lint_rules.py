"""Rules that get into each other's way: which two meet without a stated order, and which do nothing any more."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from engine.catalogue.kinds import PRODUCTS
from engine.discounts.kinds_parts import RULE_KINDS, Conditioned, live_rows
from engine.discounts.kinds_rules import AutomaticRow, LineRuleRow
from engine.discounts.kinds_units import MenuRow, OfferRow, PackRow
from engine.kernel.messages import Id, Query
from engine.kernel.world import World
from engine.shop import views as shop
from engine.shop.kinds import MINUTES_OF_DAY, parse_day

FINDINGS_MAX = 200
DAY_LAST = 10_000_000

PatternRow = OfferRow | MenuRow | PackRow


class LintRules(Query, frozen=True, kw_only=True, tag="discounts.lint"):
    """What is doubtful about the rules in use: all of it, or what concerns one rule (``kind`` and ``id``)."""

    kind: str | None = None
    id: Id | None = None


class RuleName(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as a finding names it."""

    kind: str
    id: int
    title: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something doubtful: a stable ``code``, the rules it is about, and what to do about it.

    ``same_priority``: two rules can meet on one ticket and have the same priority, so that their ids decide;
    ``same_item``: two rules can add the same product to one ticket; ``item_off``: the product that a rule adds is not
    for sale or has lost its price, so that nothing is added; ``over``: a rule's last day has passed.
    """

    code: str
    rules: tuple[RuleName, ...]
    text: str


class Lint(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, at most 200 findings; ``more`` says that there are others."""

    findings: tuple[Finding, ...]
    more: bool


class _Each(NamedTuple):
    """A rule in use, the products and departments that it names, and the departments where its products stand."""

    name: RuleName
    row: Any
    products: frozenset[int]
    departments: frozenset[int]
    shelves: frozenset[int]


def answer_lint(query: LintRules, world: World) -> Lint:
    """The findings in the order of the rules."""
    found: list[Finding] = []
    for finding in _findings(world):
        if query.id is not None and not any((rule.kind, rule.id) == (query.kind, query.id) for rule in finding.rules):
            continue
        if len(found) == FINDINGS_MAX:
            return Lint(findings=tuple(found), more=True)
        found.append(finding)
    return Lint(findings=tuple(found), more=False)


def _findings(world: World) -> Iterator[Finding]:
    rules = [
        _each(RuleName(kind=name, id=id, title=row.title), row, world)
        for name in RULE_KINDS
        for id, row in live_rows(world.kinds[name], world)
        if row.active
    ]
    for each in rules:
        yield from _alone(each, world)
    lines = [each for each in rules if isinstance(each.row, LineRuleRow)]
    yield from _pairs(lines, _lines_collide, "the larger saving decides, then the lower id")
    if shop.settings(world).rules == "first":
        patterns = [each for each in rules if isinstance(each.row, PatternRow)]
        yield from _pairs(patterns, _share_units, "the lower id comes first")
    automatic = [each for each in rules if isinstance(each.row, AutomaticRow)]
    yield from _pairs(automatic, _both_adjust, "the lower id comes first, and the other stands on what it leaves")
    yield from _same_items(automatic)


def _each(name: RuleName, row: Any, world: World) -> _Each:
    if isinstance(row, PackRow):
        products = {item.product for item in row.items}
        departments: set[int] = set()
    elif isinstance(row, MenuRow):
        products = {id for slot in row.slots for id in slot.products}
        departments = {id for slot in row.slots for id in slot.departments}
    elif isinstance(row, OfferRow):
        products = {*row.products, *row.get_products}
        departments = {*row.departments, *row.get_departments}
    elif isinstance(row, LineRuleRow):
        products, departments = set(row.products), set(row.departments)
    else:
        products, departments = set(), set()
    rows = [world.row(PRODUCTS, id) for id in products]
    shelves = frozenset([found.department for found in rows if found is not None and found.department is not None])
    return _Each(name, row, frozenset(products), frozenset(departments), shelves)


def _alone(each: _Each, world: World) -> Iterator[Finding]:
    row, title = each.row, each.name.title
    if isinstance(row, Conditioned) and row.last is not None and parse_day(row.last, "last") < world.day:
        yield Finding(code="over", rules=(each.name,), text=f"{title} ended on {row.last}: switch it off")
    if isinstance(row, AutomaticRow) and row.product is not None:
        found = world.row(PRODUCTS, row.product)
        if found is None or not found.active or found.price is None:
            text = f"{title} adds product {row.product}, which is not for sale or has no price: nothing is added"
            yield Finding(code="item_off", rules=(each.name,), text=text)


def _pairs(rules: list[_Each], collide: Any, decides: str) -> Iterator[Finding]:
    by_priority: dict[int, list[_Each]] = {}
    for each in rules:
        by_priority.setdefault(each.row.priority, []).append(each)
    for same in by_priority.values():
        for place, one in enumerate(same):
            for other in same[place + 1 :]:
                if collide(one, other):
                    text = f"{one.name.title} and {other.name.title} can meet with one priority: {decides}"
                    yield Finding(code="same_priority", rules=(one.name, other.name), text=text)


def _lines_collide(one: _Each, other: _Each) -> bool:
    if one.row.stack is not None and one.row.stack == other.row.stack:
        return False  # they add up, and only their priority says in which order
    return _overlap(one, other) and _meet(one.row, other.row)


def _share_units(one: _Each, other: _Each) -> bool:
    return _overlap(one, other)


def _both_adjust(one: _Each, other: _Each) -> bool:
    both = all(each.row.percent is not None or each.row.amount is not None for each in (one, other))
    return both and _meet(one.row, other.row)


def _same_items(rules: list[_Each]) -> Iterator[Finding]:
    for place, one in enumerate(rules):
        for other in rules[place + 1 :]:
            if one.row.product is not None and one.row.product == other.row.product and _meet(one.row, other.row):
                text = f"{one.name.title} and {other.name.title} can both add product {one.row.product}"
                yield Finding(code="same_item", rules=(one.name, other.name), text=text)


def _overlap(one: _Each, other: _Each) -> bool:
    """Whether both can touch one line: by a product, by a department, or by a product that stands in the other's."""
    anything = any(not each.products and not each.departments for each in (one, other))
    if anything or one.products & other.products or one.departments & other.departments:
        return True
    return bool(one.departments & other.shelves or other.departments & one.shelves)


def _meet(one: Conditioned, other: Conditioned) -> bool:
    """Whether both sets of conditions can hold on one ticket."""
    for field in ("modes", "groups", "tables", "tills", "zones", "weekdays"):
        mine, theirs = set(getattr(one, field)), set(getattr(other, field))
        if mine and theirs and mine.isdisjoint(theirs):
            return False
    if _days(one)[1] < _days(other)[0] or _days(other)[1] < _days(one)[0]:
        return False
    return any(a < d and c < b for a, b in _hours(one) for c, d in _hours(other))


def _days(row: Conditioned) -> tuple[int, int]:
    first = 0 if row.first is None else parse_day(row.first, "first")
    return first, DAY_LAST if row.last is None else parse_day(row.last, "last")


def _hours(row: Conditioned) -> list[tuple[int, int]]:
    """The minutes of the day at which a rule is on, as one band, or two where it crosses midnight."""
    first = row.from_minute or 0
    until = MINUTES_OF_DAY if row.until_minute is None else row.until_minute
    return [(first, until)] if first < until else [(first, MINUTES_OF_DAY), (0, until)]
