"""Rules that consume units, for small baskets: every multiset of uses is tried, in the words of the specification."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise, product

from reference_money import r
from reference_pricing import GOODS, Line, Refused, Ticket
from reference_prorate import split

BEST, FIRST = 0, 1
UNIT = 1_000


@dataclass(kw_only=True, frozen=True)
class Slot:
    """So many units of what is named, less what is excepted."""

    quantity: int = 1
    products: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    except_products: frozenset[str] = frozenset()
    except_tags: frozenset[str] = frozenset()
    supplements: tuple[tuple[str, int], ...] = ()

    def takes(self, line: Line) -> bool:
        if line.product in self.except_products or self.except_tags & set(line.tags):
            return False
        named = line.product in self.products or line.department in self.departments or bool(self.tags & set(line.tags))
        return named or not (self.products or self.departments or self.tags)


@dataclass(kw_only=True, frozen=True)
class Rule:
    """A pattern: slots, and one of the three benefits."""

    id: str
    slots: tuple[Slot, ...]
    version: int = 0
    priority: int = 0
    price: int | None = None
    percent: int | None = None
    amount: int | None = None
    count: int = 0
    dearest: bool = False
    on: tuple[int, ...] = ()
    group: str | None = None
    automatic: bool = True

    @property
    def kind(self) -> str:
        return "fixed" if self.price is not None else "percent" if self.percent is not None else "amount"


@dataclass(kw_only=True, frozen=True)
class Unit:
    """One unit of a line, worth so much; its place is the line's in the order of pricing."""

    place: int
    worth: int
    line: Line = field(compare=False, repr=False)

    @property
    def alike(self) -> tuple[object, ...]:
        line = self.line
        options = tuple(sorted(line.options))
        return line.product, line.department, options, self.worth, line.category, tuple(sorted(set(line.tags)))


Filled = tuple[tuple[Unit, ...], ...]
Use = tuple[tuple[int, ...], ...]


def units_of(lines: list[Line]) -> list[Unit]:
    """Every unit that rules may consume; of a line, the dearer ones first."""
    units: list[Unit] = []
    for place, line in enumerate(lines):
        if line.nature != GOODS or line.quantity <= 0:
            continue
        whole, rest = divmod(line.quantity, UNIT)
        count = 1 if rest else whole
        steps = [r(Fraction(line.amount * j, count)) for j in range(count + 1)]
        worths = [after - before for before, after in pairwise(steps)]
        units += [Unit(place=place, worth=worth, line=line) for worth in sorted(worths, reverse=True)]
    return units


def wanted_of(rule: Rule, filled: Filled) -> tuple[int, int, int]:
    """What a use meets, what it wants and what it is granted, as signed changes."""
    base = sum(unit.worth for slot in filled for unit in slot)
    if rule.price is not None:
        extra = sum(
            dict(slot.supplements).get(unit.line.product or "", 0)
            for slot, units in zip(rule.slots, filled, strict=True)
            for unit in units
        )
        return base, rule.price + extra - base, rule.price + extra - base
    if rule.amount is not None:
        return base, rule.amount, -min(-rule.amount, base)
    assert rule.percent is not None
    reached = sorted(
        (unit.worth for at, slot in enumerate(filled) for unit in slot if at in rule.on or not rule.on),
        reverse=rule.dearest,
    )
    change = r(Fraction(sum(reached[: rule.count or None]) * rule.percent, 100_000))
    return base, change, change


class Patterns:
    """Phase 2 of one ticket."""

    def __init__(self, rules: list[Rule], menus: list[tuple[str, tuple[str, ...]]], mode: int) -> None:
        self.rules = sorted(rules, key=lambda rule: (-rule.priority, rule.id))
        self.menus = menus
        self.mode = mode
        self.held: dict[str, str] = {}
        self.uses: list[tuple[object, ...]] = []

    def __call__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        if ticket.sign < 0:
            return
        self.left = units_of(ticket.lines)
        self.choose_menus()
        classes = self.classes()
        for rule, uses in zip(self.rules, self.chosen(classes), strict=True):
            filled = [tuple(tuple(classes[rank].pop(0) for rank in slot) for slot in use) for use in uses]
            if filled:
                self.apply(rule, filled, chosen=False)

    def choose_menus(self) -> None:
        by_id = {rule.id: rule for rule in self.rules}
        place = {line.id: at for at, line in enumerate(self.ticket.lines)}
        todo = []
        for name, ids in self.menus:
            if name not in by_id:
                raise Refused("pricing.unknown_menu", None)
            rule = by_id[name]
            if rule.group is not None and self.held.setdefault(rule.group, name) != name:
                raise Refused("pricing.menus_exclude", None)
            for line_id in ids:
                if line_id not in place:
                    raise Refused("pricing.unknown_line", line_id)
            todo.append((self.rules.index(rule), [place[line_id] for line_id in ids]))
        for at, places in sorted(todo):
            self.choose_menu(self.rules[at], places)

    def choose_menu(self, rule: Rule, places: list[int]) -> None:
        slots = [slot for slot, wish in enumerate(rule.slots) for _ in range(wish.quantity)]
        if len(slots) != len(places):
            raise Refused("pricing.menu_mismatch", None)
        filled: list[list[Unit]] = [[] for _ in rule.slots]
        for slot, place in zip(slots, places, strict=True):
            units = [unit for unit in self.left if unit.place == place]
            if not units or not rule.slots[slot].takes(units[0].line):
                raise Refused("pricing.menu_mismatch", self.ticket.lines[place].id)
            self.left.remove(units[0])
            filled[slot].append(units[0])
        self.apply(rule, [tuple(tuple(slot) for slot in filled)], chosen=True)

    def classes(self) -> list[list[Unit]]:
        """Units that are alike, in the order of the earliest of them."""
        classes: dict[tuple[object, ...], list[Unit]] = {}
        for unit in self.left:
            if any(slot.takes(unit.line) for rule in self.rules if rule.automatic for slot in rule.slots):
                classes.setdefault(unit.alike, []).append(unit)
        return list(classes.values())

    def possible(self, rule: Rule, classes: list[list[Unit]]) -> Iterator[tuple[Use, int]]:
        """Each use of a rule with what it saves, if that is anything: the class of each unit, slot by slot."""
        if not rule.automatic or (rule.group is not None and self.held.get(rule.group, rule.id) != rule.id):
            return
        fits = [[rank for rank, units in enumerate(classes) if slot.takes(units[0].line)] for slot in rule.slots]
        choices = [
            combinations_with_replacement(ranks, slot.quantity) for ranks, slot in zip(fits, rule.slots, strict=True)
        ]
        for use in product(*choices):
            needs = Counter(rank for slot in use for rank in slot)
            if all(count <= len(classes[rank]) for rank, count in needs.items()):
                granted = wanted_of(rule, tuple(tuple(classes[rank][0] for rank in slot) for slot in use))[2]
                if granted < 0:
                    yield use, -granted

    def chosen(self, classes: list[list[Unit]]) -> list[list[Use]]:
        """The uses of each rule."""
        possible = [sorted(self.possible(rule, classes)) for rule in self.rules]
        counts = [len(units) for units in classes]
        if self.mode == FIRST:
            return list(self.first(possible, counts))
        flat = [(at, use, saving) for at, uses in enumerate(possible) for use, saving in uses]
        best = min(self.multisets(flat, 0, counts, {}), key=self.rank)
        return [[use for at, use, _ in best if at == number] for number in range(len(self.rules))]

    def first(self, possible: list[list[tuple[Use, int]]], counts: list[int]) -> Iterator[list[Use]]:
        held = dict(self.held)
        for rule, uses in zip(self.rules, possible, strict=True):
            taken: list[Use] = []
            for use, _ in sorted(uses, key=lambda entry: (-entry[1], entry[0])):
                while self.fits(use, counts) and (rule.group is None or held.get(rule.group, rule.id) == rule.id):
                    taken.append(use)
                    counts = self.without(use, counts)
                    if rule.group is not None:
                        held[rule.group] = rule.id
            yield sorted(taken)

    def multisets(
        self, flat: list[tuple[int, Use, int]], start: int, counts: list[int], held: dict[str, int]
    ) -> Iterator[list[tuple[int, Use, int]]]:
        """Every multiset of uses that the units and the groups allow, from this use on."""
        yield []
        for index in range(start, len(flat)):
            at, use, _ = flat[index]
            group = self.rules[at].group
            if self.fits(use, counts) and (group is None or held.get(group, at) == at):
                holding = held if group is None else held | {group: at}
                for rest in self.multisets(flat, index, self.without(use, counts), holding):
                    yield [flat[index], *rest]

    def rank(self, chosen: list[tuple[int, Use, int]]) -> tuple[object, ...]:
        """Larger saving; fewer uses; larger vector of uses per rule; units of the earliest lines, slot by slot."""
        vector = Counter(at for at, _, _ in chosen)
        return (
            -sum(saving for _, _, saving in chosen),
            len(chosen),
            [-vector[at] for at in range(len(self.rules))],
            sorted((at, use) for at, use, _ in chosen),
        )

    @staticmethod
    def fits(use: Use, counts: list[int]) -> bool:
        return all(count <= counts[rank] for rank, count in Counter(rank for slot in use for rank in slot).items())

    @staticmethod
    def without(use: Use, counts: list[int]) -> list[int]:
        needs = Counter(rank for slot in use for rank in slot)
        return [count - needs[rank] for rank, count in enumerate(counts)]

    def apply(self, rule: Rule, uses: list[Filled], *, chosen: bool) -> None:
        """Each use is split over its lines by itself; the ticket shows their sum."""
        lines = self.ticket.lines
        shares = [0] * len(lines)
        sums = [0, 0, 0]
        for filled in uses:
            figures = wanted_of(rule, filled)
            if rule.price is not None and figures[0] == 0:
                raise Refused("pricing.fixed_over_zero", None)
            weights: Counter[int] = Counter()
            for unit in (unit for slot in filled for unit in slot):
                weights[unit.place] += unit.worth
            places = sorted(weights)
            old = [weights[place] for place in places]
            if rule.price is None:
                changes = split(figures[2], old) if figures[2] else [0] * len(old)
            else:
                new = split(figures[0] + figures[2], old)
                changes = [after - before for before, after in zip(old, new, strict=True)]
            for place, change in zip(places, changes, strict=True):
                shares[place] += change
            sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
            told = tuple(tuple(sorted((lines[unit.place].id, unit.worth) for unit in slot)) for slot in filled)
            self.uses.append((rule.id, rule.version, len(self.ticket.discounts), chosen, told, *figures))
        for line, share in zip(lines, shares, strict=True):
            self.ticket.give(line, share)
        self.ticket.check(None)
        self.ticket.explain(rule.id, 2, rule.kind, *sums)
