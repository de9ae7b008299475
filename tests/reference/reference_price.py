"""The whole of pricing in plain integers and fractions: every phase as the specification words it, in its order.

Written from the specification alone. Where it is silent, or can be read in two ways, this is the reading:

Q1  Is a default discount one of the rules that "one rule per line" chooses among? Yes, with a priority and a stack
    group of its own, and its name is its id.
Q2  What does a rule of a stack group save, when rules are compared? What it saves by itself, off the line's base; if it
    wins, its group joins. "In priority order" is the order of that sentence: priority, larger saving, lower id.
Q3  Where stands an operator's discount among the rules of its stack group? Where that order puts it.
Q4  Which rules are "without rules" for a negative basket? All of the book: defaults, line rules, patterns, automatic
    rules, the customer's discount and coupons. What the operator typed is no rule of the book, and stays.
Q5  In the automatic rules' source, is "percent before amount" for all of them together? Yes, as for the operator's.
    An item joins when its rule's turn comes first, so an item of a later rule is in no earlier rule's percentage.
Q6  Where does an added item stand in the order of lines? Where its own keys put it.
Q7  Are coupons taken in the order in which they were shown? No: by id, since "the order of entry changes nothing".
Q8  Does a coupon whose conditions fail, or that names nothing in the basket, refuse it? No: it does not apply.
Q9  Of a rule with hours, is the last minute in? No: from 17:00 until 19:00 ends with 18:59.
Q10 What does a threshold of items count? Whole units of goods; a line with a fractional quantity counts one.
    "Unless the rule says otherwise" means what was left of these goods when the automatic rules began.
Q11 Are lines with and without exemption, or under the margin scheme, of one rate? No: each regime is a row of its own.
Q12 The exempt customer pays N: is V on his lines a discount? No: no rule gave it, so it is told beside the shares.
Q13 Is "lower id" by number? Ids are texts here, and compare by code point: who has numbers gives them one width.
Q14 Do hours that end when they begin hold all day or never? All day.
Q15 Does an exempt customer pay VAT in net basis? No: V is 0 and he pays N.
Q16 Is the margin's cost that of a unit or of the line? Of a unit: r(cost x quantity) stands against the line's amount.
    And in net basis? As in gross: the formula names one basis, and the VAT of a margin is inside the price.
Q17 What does an item "per cover" come to without covers? Nothing is added.
"""

import copy
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

from reference_book import Basket, Book, Context, Given, LineRule, Sold, TicketRule, facts_of
from reference_money import r
from reference_patterns import Patterns
from reference_pricing import AMOUNT_MAX, GOODS, Adjustment, Refused
from reference_prorate import split
from reference_vat import Regime, Row, group_of, vat_of_group

WHOLE = 100_000
LINE, TICKET = 1, 3
Told = tuple[tuple[tuple[str, int], ...], ...]


@dataclass(kw_only=True, frozen=True)
class Step:
    """A percentage, an amount and a fixed price of one source, in the units of its phase."""

    rule: str
    ref: str
    version: int = 0
    priority: int = 0
    stack: str | None = None
    percent: int = 0
    amount: int = 0
    fixed: int | None = None
    lines: frozenset[str] | None = None


def step_of(rule: str, given: Adjustment, lines: frozenset[str] | None = None) -> Step:
    return Step(rule=rule, ref=given.ref, percent=given.percent, amount=given.amount, fixed=given.fixed, lines=lines)


def given_step(rule: str, given: Adjustment) -> Step:
    """What stands on a line, in its place among the rules."""
    step = step_of(rule, given)
    return replace(step, priority=given.priority, stack=given.stack) if isinstance(given, Given) else step


def line_step(rule: LineRule) -> Step:
    return Step(
        rule="line-rule",
        ref=rule.id,
        version=rule.version,
        priority=rule.priority,
        stack=rule.stack,
        percent=rule.percent,
        amount=rule.amount,
        fixed=rule.fixed,
    )


def unit_price(line: Sold) -> int:
    """ "Typed by the operator, customer's contract, time band, quantity tier, price list of the sales mode, catalogue.
    Options add their signed delta"."""
    levels = (line.typed, line.contract, line.band, line.tier, line.listed, line.catalogue)
    return next(price for price in levels if price is not None) + sum(delta for _, delta in line.options)


def place_of(line: Sold) -> tuple[object, ...]:
    """ "Sorted by (VAT category, rate, product or department, unit price, options, quantity, base)"; then by id."""
    sold_as = (0, line.product) if line.product is not None else (1, line.department or "")
    options = tuple(sorted(line.options))
    return (line.category, line.rate, *sold_as, unit_price(line), options, line.quantity, line.base, line.id)


class Run:
    """One ticket on its way through the phases."""

    def __init__(self, basket: Basket, book: Book, context: Context) -> None:
        self.basket = basket
        self.book = book
        self.context = context
        self.lines = [copy.deepcopy(line) for line in basket.lines]
        self.minor = Fraction(10**basket.decimals, 10**7)
        self.discounts: list[tuple[object, ...]] = []
        self.sign = 1

    def check(self, line_id: str | None, *more: int) -> None:
        """ "What would not fit is refused with an error that names the line, never wrapped"."""
        for amount in (sum(abs(line.amount) for line in self.lines), *more):
            if abs(amount) > AMOUNT_MAX:
                raise Refused("pricing.overflow", line_id)

    def base_of(self, line: Sold) -> int:
        """ "base = r(unit price x quantity): the one rounding of a line"."""
        return r(unit_price(line) * line.quantity * self.minor)

    def enter(self) -> None:
        """Phase 0, then order and sign."""
        seen: set[str] = set()
        for line in self.lines:
            if line.id in seen:
                raise Refused("pricing.duplicate_line", line.id)
            seen.add(line.id)
            line.base = line.amount = self.base_of(line)
            self.check(line.id)
        # "All lines of a basket have one sign"; a line that costs nothing has the sign of its quantity.
        signs = [(line.base or line.quantity, line.id) for line in self.lines if line.nature == GOODS]
        for leading, line_id in signs:
            if leading * signs[0][0] < 0:
                raise Refused("pricing.mixed_signs", line_id)
        leading = signs[0][0] if signs else sum(line.base for line in self.lines)
        if leading < 0:
            self.sign = -1
            for line in self.lines:
                line.quantity, line.base, line.amount = -line.quantity, -line.base, -line.amount
        self.lines.sort(key=place_of)
        # "[An added item] never feeds a threshold, its own included": what is entered now is all there is to test on.
        self.facts = facts_of(self.lines)

    def give(self, line: Sold, share: int) -> None:
        line.amount += share
        if share:
            line.shares.append((len(self.discounts), share))

    def explain(
        self, ref: str, phase: int, kind: str, total: int, wanted: int, granted: int, step: Step | None = None
    ) -> None:
        """ "Id and version, uses, units consumed, base, wanted and granted amount, reason of any cut"."""
        reason = None if wanted == granted else "empty_sum" if total == 0 else "cut_to_sum"
        signed = (total * self.sign, wanted * self.sign, granted * self.sign)
        source = ("pattern", *self.consumed()) if step is None else (step.rule, step.version, 1, ())
        self.discounts.append((ref, phase, kind, *source, *signed, reason))

    def consumed(self) -> tuple[int, int, tuple[tuple[str, int], ...]]:
        """Version, uses and units of each line, of the pattern that is explained now."""
        uses = [use for use in self.patterns.uses if use[2] == len(self.discounts)]
        units = Counter(line_id for use in uses for slot in cast(Told, use[4]) for line_id, _ in slot)
        rows = tuple((line.id, units[line.id]) for line in self.lines if line.id in units)
        return cast(int, uses[0][1]), len(uses), rows

    # Phase 1

    def line_phase(self) -> None:
        for line in self.lines:
            if line.nature == GOODS:  # deposits "take no discount"
                for step in self.chosen_for(line):
                    for kind in ("fixed", "percent", "amount"):
                        self.change(line, step, kind)

    def chosen_for(self, line: Sold) -> list[Step]:
        """ "One rule per line: highest priority, then larger saving, then lower id; rules that share a stack group add
        up in priority order"; "an operator's line discount replaces defaults and automatic line rules unless they share
        a stack group; a typed price takes no default"."""
        rules: list[Step] = []
        if self.sign > 0 and line.typed is None:
            rules = [given_step("default", line.default)] if line.default is not None else []
            rules += [
                line_step(rule)
                for rule in sorted(self.book.line_rules, key=lambda rule: rule.id)
                if rule.takes(line) and rule.conditions.hold(self.context, self.facts)
            ]

        def rank(step: Step) -> tuple[int, int, str]:
            return -step.priority, -self.saving(line, step), step.ref

        if line.manual is not None:
            first = given_step("manual", line.manual)
            rules = [first, *(step for step in rules if first.stack is not None and step.stack == first.stack)]
        elif rules:
            first = min(rules, key=rank)
        else:
            return []
        mates = [step for step in rules if step is first or (first.stack is not None and step.stack == first.stack)]
        return sorted(mates, key=rank)

    def saving(self, line: Sold, step: Step) -> int:
        """What a rule would take off the line by itself."""
        left = line.base
        for kind in ("fixed", "percent", "amount"):
            left += self.wanted(line, step, kind, left)[1]
        return line.base - left

    def wanted(self, line: Sold, step: Step, kind: str, left: int) -> tuple[int, int]:
        """What a step of a rule wants of what is left of a line, and what it gets: "each percent rounded once on the
        line", "amount off or on per unit"; "a discount D is cut to the sum S that it applies to"."""
        if kind == "fixed":
            if step.fixed is None:
                return 0, 0
            change = r(step.fixed * abs(line.quantity) * self.minor) - left
            return change, change
        if kind == "percent":
            wish = r(Fraction(left * step.percent, WHOLE))
        else:
            wish = r(step.amount * abs(line.quantity) * self.minor)
        return wish, granted_of(wish, left)

    def change(self, line: Sold, step: Step, kind: str) -> None:
        if getattr(step, kind) in (None, 0) and not (kind == "fixed" and step.fixed == 0):
            return
        total = line.amount
        wish, granted = self.wanted(line, step, kind, total)
        self.check(line.id, wish if kind != "fixed" else 0)
        self.give(line, granted)
        self.check(line.id)
        self.explain(step.ref, LINE, kind, total, wish, granted, step)

    # Phase 2

    def unit_phase(self) -> None:
        self.patterns = Patterns(list(self.book.patterns), self.basket.menus, self.book.mode)
        self.patterns(self)  # type: ignore[arg-type]  # a run offers what the twin of patterns asks of a ticket

    # Phase 3

    def ticket_phase(self) -> None:
        """ "Source by source in this order: operator's subtotal discounts and fixed price; automatic rules; customer
        discount; coupons"."""
        self.source([step_of("manual", each, frozenset(each.lines) or None) for each in self.basket.subtotals])
        if self.sign < 0:
            return
        self.automatic_rules()
        customer = self.basket.customer
        if customer is not None:
            step = Step(
                rule="customer",
                ref=customer.id,
                version=customer.version,
                percent=customer.percent,
                amount=customer.amount,
            )
            self.source([step])
        self.source(
            [
                Step(
                    rule="coupon",
                    ref=coupon.id,
                    version=coupon.version,
                    percent=coupon.percent,
                    amount=coupon.amount,
                    lines=frozenset(line.id for line in self.lines if coupon.takes(line)),
                )
                for coupon in sorted(self.basket.coupons, key=lambda each: each.id)
                if coupon.conditions.hold(self.context, self.facts)
                and any(coupon.takes(line) for line in self.lines if line.nature == GOODS)
            ]
        )

    def source(self, steps: list[Step]) -> None:
        """ "Inside a source percent before amount, each on what remains; the operator's fixed price comes last"."""
        known = {line.id for line in self.lines}
        for line_id in (line_id for each in self.basket.subtotals for line_id in each.lines):
            if line_id not in known:
                raise Refused("pricing.unknown_line", line_id)
        for kind in ("percent", "amount", "fixed"):
            for step in steps:
                if kind == "fixed" and step.fixed is not None:
                    self.spread_price(step)
                elif getattr(step, kind):
                    self.spread(step, kind)

    def automatic_rules(self) -> None:
        """ "Result: at most one added item, then at most one discount or surcharge on the subtotal"."""
        self.facts = replace(self.facts, value_left=facts_of(self.lines).value_left)
        rules = [
            rule
            for rule in sorted(self.book.ticket_rules, key=lambda rule: (-rule.priority, rule.id))
            if rule.id not in self.basket.removed and rule.conditions.hold(self.context, self.facts)
        ]
        steps = {
            rule.id: Step(
                rule="automatic",
                ref=rule.id,
                version=rule.version,
                percent=rule.percent,
                amount=rule.amount,
            )
            for rule in rules
        }
        for rule in rules:
            self.add_item(rule)
            if rule.percent:
                self.spread(steps[rule.id], "percent")
        for rule in rules:
            if rule.amount:
                self.spread(steps[rule.id], "amount")

    def add_item(self, rule: TicketRule) -> None:
        """ "An added item is priced by phase 0 only"."""
        if rule.item is None:
            return
        item = copy.deepcopy(rule.item)
        item.id = f"a{rule.id}"
        item.quantity = 1_000 * (self.context.covers if rule.per_cover else 1)
        if item.quantity == 0:
            return
        if any(line.id == item.id for line in self.lines):
            raise Refused("pricing.duplicate_line", item.id)
        item.base = item.amount = self.base_of(item)
        self.lines.append(item)
        self.check(item.id)
        self.lines.sort(key=place_of)

    def reached(self, step: Step) -> list[Sold]:
        return [line for line in self.lines if line.nature == GOODS and (step.lines is None or line.id in step.lines)]

    def spread(self, step: Step, kind: str) -> None:
        """ "A discount is computed once on its sum and split over its lines by largest remainder on their remaining
        amounts"; "a surcharge is split by its absolute value"; "S = 0 gives D = 0"."""
        lines = self.reached(step)
        weights = [line.amount for line in lines]
        total = sum(weights)
        wish = step.amount if kind == "amount" else r(Fraction(total * step.percent, WHOLE))
        self.check(None, wish)
        granted = granted_of(wish, total)
        for line, part in zip(lines, split(granted, weights), strict=True):
            self.give(line, part)
        self.check(None)
        self.explain(step.ref, TICKET, kind, total, wish, granted, step)

    def spread_price(self, step: Step) -> None:
        """ "A fixed price splits the price, not the saving, may raise it, and is refused over a sum of 0"."""
        assert step.fixed is not None
        lines = self.reached(step)
        weights = [line.amount for line in lines]
        total = sum(weights)
        if total == 0:
            raise Refused("pricing.fixed_over_zero", None)
        for line, part in zip(lines, split(step.fixed, weights), strict=True):
            self.give(line, part - line.amount)
        self.check(None)
        self.explain(step.ref, TICKET, "fixed", total, step.fixed - total, step.fixed - total, step)

    # Phase 4

    def tax_phase(self) -> list[Row]:
        groups: dict[tuple[str, int, int, bool, Regime], list[Sold]] = {}
        for line in self.lines:
            groups.setdefault(group_of(line), []).append(line)
        return [vat_of_group(key, groups[key], self.basket.basis, self.sign, self.minor) for key in sorted(groups)]


def granted_of(wish: int, total: int) -> int:
    return 0 if total == 0 else max(wish, -total)


def price(basket: Basket, book: Book | None = None, context: Context | None = None) -> dict[str, object]:
    """The priced ticket as plain values; the basket stays as it was."""
    run = Run(basket, book or Book(), context or Context())
    run.enter()
    run.line_phase()
    if book is not None:
        run.unit_phase()
    run.ticket_phase()
    rates = run.tax_phase()
    total = sum(row.gross for row in rates)
    run.check(None, total)
    sign = run.sign
    return {
        "lines": [
            {
                "id": line.id,
                "unit": unit_price(line),
                "base": line.base * sign,
                "shares": tuple((index, share * sign) for index, share in line.shares),
                "amount": line.amount * sign,
                "vat": line.vat * sign,
                "relief": line.relief * sign,
            }
            for line in run.lines
        ],
        "rates": rates,
        "discounts": run.discounts,
        "uses": run.patterns.uses if book is not None else [],
        "total": total,
        "vat": sum(line.vat for line in run.lines) * sign,
    }
