"""Pricing in plain integers and fractions, phase by phase as the specification words it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from reference_money import r
from reference_prorate import split
from reference_tax import margin_vat, vat_of_gross, vat_of_net

AMOUNT_MAX = 2**53 - 1
GOODS, DEPOSIT, STORED = 0, 1, 2
MARGIN, EXEMPT = 1, 2
GROSS, NET = 0, 1


RateRow = tuple[str, int, int, int, int, int, int]


class Refused(Exception):
    """Declined: the code and the line it names."""


@dataclass(kw_only=True)
class Adjustment:
    """A discount or surcharge; whether its amounts are unit prices or minor units depends on where it stands."""

    ref: str
    lines: tuple[str, ...] = ()
    percent: int = 0
    amount: int = 0
    fixed: int | None = None


@dataclass(kw_only=True)
class Line:
    """One line of a basket, and the amounts that the phases give it."""

    id: str
    product: str | None
    department: str | None
    category: str
    rate: int
    quantity: int
    catalogue: int
    listed: int | None = None
    typed: int | None = None
    options: tuple[tuple[str, int], ...] = ()
    nature: int = GOODS
    manual: Adjustment | None = None
    default: Adjustment | None = None
    cost: int | None = None
    margin: bool = False
    exempt: bool = False
    tags: tuple[str, ...] = ()
    base: int = 0
    amount: int = 0
    vat: int = 0
    shares: list[tuple[int, int]] = field(default_factory=list)

    @property
    def unit(self) -> int:
        """Phase 0: typed, else from a list, else the catalogue's; options on top."""
        first = next(price for price in (self.typed, self.listed, self.catalogue) if price is not None)
        return first + sum(delta for _, delta in self.options)

    @property
    def scheme(self) -> int:
        """How its VAT is found; a voucher of several purposes has none to find."""
        return 0 if self.nature == STORED else MARGIN * self.margin + EXEMPT * self.exempt

    @property
    def key(self) -> tuple[object, ...]:
        sold_as = next((name for name in (self.product, self.department) if name is not None), "")
        options = tuple(sorted(self.options))
        by_department = self.product is None
        names = (self.category, self.rate, by_department, sold_as)
        return (*names, self.unit, options, self.quantity, self.base, self.id)


class Ticket:
    """One run of the phases over copies of the lines."""

    def __init__(self, lines: list[Line], basis: int, decimals: int) -> None:
        self.lines = lines
        self.basis = basis
        self.minor = Fraction(10**decimals, 10**7)
        self.discounts: list[tuple[object, ...]] = []
        self.sign = 1

    def check(self, line_id: str | None, *more: int) -> None:
        for amount in (sum(abs(line.amount) for line in self.lines), *more):
            if abs(amount) > AMOUNT_MAX:
                raise Refused("pricing.overflow", line_id)

    def base(self) -> None:
        seen: set[str] = set()
        for line in self.lines:
            if line.id in seen:
                raise Refused("pricing.duplicate_line", line.id)
            seen.add(line.id)
            line.base = line.amount = r(line.unit * line.quantity * self.minor)
            self.check(line.id)

    def mirror(self) -> None:
        goods = [(line.base or line.quantity, line.id) for line in self.lines if line.nature == GOODS]
        for leading, line_id in goods:
            if leading * goods[0][0] < 0:
                raise Refused("pricing.mixed_signs", line_id)
        leading = goods[0][0] if goods else sum(line.base for line in self.lines)
        self.sign = -1 if leading < 0 else 1
        for line in self.lines:
            line.quantity *= self.sign
            line.base *= self.sign
            line.amount *= self.sign
        self.lines.sort(key=lambda line: line.key)

    def explain(self, ref: str, phase: int, kind: str, total: int, wanted: int, granted: int) -> None:
        reason = None if wanted == granted else "empty_sum" if total == 0 else "cut_to_sum"
        signed = (total * self.sign, wanted * self.sign, granted * self.sign)
        self.discounts.append((ref, phase, kind, *signed, reason))

    def give(self, line: Line, share: int) -> None:
        line.amount += share
        if share:
            line.shares.append((len(self.discounts), share))

    def change_line(self, line: Line, ref: str, kind: str, wanted: int, granted: int) -> None:
        self.check(line.id, wanted if kind != "fixed" else 0)
        total = line.amount
        self.give(line, granted)
        self.check(line.id)
        self.explain(ref, 1, kind, total, wanted, granted)

    def line_rules(self) -> None:
        for line in self.lines:
            default = line.default if line.typed is None and self.sign > 0 else None
            rule = line.manual or default
            if rule is None or line.nature != GOODS:
                continue
            if rule.fixed is not None:
                change = r(rule.fixed * abs(line.quantity) * self.minor) - line.amount
                self.change_line(line, rule.ref, "fixed", change, change)
            if rule.percent:
                wanted = r(Fraction(line.amount * rule.percent, 100_000))
                self.change_line(line, rule.ref, "percent", wanted, cut(wanted, line.amount))
            if rule.amount:
                wanted = r(rule.amount * abs(line.quantity) * self.minor)
                self.change_line(line, rule.ref, "amount", wanted, cut(wanted, line.amount))

    def spread(self, rule: Adjustment, kind: str) -> None:
        lines = [line for line in self.lines if line.nature == GOODS and (not rule.lines or line.id in rule.lines)]
        weights = [line.amount for line in lines]
        total = sum(weights)
        if rule.fixed is not None:
            if total == 0:
                raise Refused("pricing.fixed_over_zero", None)
            wanted = granted = rule.fixed - total
            parts = [new - old for new, old in zip(split(rule.fixed, weights), weights, strict=True)]
        else:
            wanted = rule.amount if kind == "amount" else r(Fraction(total * rule.percent, 100_000))
            self.check(None, wanted)
            granted = cut(wanted, total)
            parts = split(granted, weights)
        for line, part in zip(lines, parts, strict=True):
            self.give(line, part)
        self.check(None)
        self.explain(rule.ref, 3, kind, total, wanted, granted)

    def ticket_rules(self, rules: list[Adjustment]) -> None:
        known = {line.id for line in self.lines}
        for line_id in (line_id for rule in rules for line_id in rule.lines):
            if line_id not in known:
                raise Refused("pricing.unknown_line", line_id)
        for rule in rules:
            if rule.percent:
                self.spread(rule, "percent")
        for rule in rules:
            if rule.amount:
                self.spread(rule, "amount")
        for rule in rules:
            if rule.fixed is not None:
                self.spread(rule, "fixed")

    def taxes(self) -> list[RateRow]:
        groups: dict[tuple[str, int, int, bool, int], list[Line]] = {}
        for line in self.lines:
            against = line.nature == DEPOSIT and line.amount < 0
            groups.setdefault((line.category, line.rate, line.nature, against, line.scheme), []).append(line)
        return [self.tax(key, groups[key]) for key in sorted(groups)]

    def tax(self, key: tuple[str, int, int, bool, int], lines: list[Line]) -> RateRow:
        category, rate, nature, _, scheme = key
        if nature == STORED:
            rate = 0
        amount = sum(line.amount for line in lines)
        for line, part in zip(lines, self.vat_parts(lines, rate, scheme), strict=True):
            line.vat = part
        vat = sum(line.vat for line in lines)
        if scheme & EXEMPT:
            if self.basis == GROSS and vat:
                for line in lines:
                    self.give(line, -line.vat)
                self.explain(f"vat:{category}", 4, "exempt", amount, -vat, -vat)
                amount -= vat
            for line in lines:
                line.vat = 0
            rate = vat = 0
        gross = amount + vat if self.basis == NET else amount
        return category, rate, nature, gross * self.sign, vat * self.sign, (gross - vat) * self.sign, scheme

    def vat_parts(self, lines: list[Line], rate: int, scheme: int) -> list[int]:
        """The VAT of each line: of its margin, or its share of that of the sum."""
        if scheme & MARGIN:
            return [self.margin_of(line, rate) for line in lines]
        amount = sum(line.amount for line in lines)
        vat = vat_of_net(amount, rate) if self.basis == NET else vat_of_gross(amount, rate)
        return split(vat, [abs(line.amount) for line in lines])

    def margin_of(self, line: Line, rate: int) -> int:
        assert line.cost is not None
        cost = r(line.cost * line.quantity * self.minor)
        self.check(line.id, cost)
        if self.basis == GROSS:
            return margin_vat(line.amount, cost, rate)
        return vat_of_net(max(0, line.amount - cost), rate)


def cut(wanted: int, total: int) -> int:
    return 0 if total == 0 else max(wanted, -total)


def price(
    lines: list[Line],
    subtotals: list[Adjustment],
    *,
    basis: int,
    decimals: int,
    unit_rules: Callable[[Ticket], None] | None = None,
) -> dict[str, object]:
    """The priced ticket as plain values; the lines are used up. ``unit_rules`` is phase 2."""
    ticket = Ticket(list(lines), basis, decimals)
    ticket.base()
    ticket.mirror()
    ticket.line_rules()
    if unit_rules is not None:
        unit_rules(ticket)
    ticket.ticket_rules(subtotals)
    rates = ticket.taxes()
    sign = ticket.sign
    total = sum(gross for _, _, _, gross, _, _, _ in rates)
    ticket.check(None, total)
    return {
        "lines": [
            (
                line.id,
                line.unit,
                line.base * sign,
                tuple((index, share * sign) for index, share in line.shares),
                line.amount * sign,
                line.vat * sign,
            )
            for line in ticket.lines
        ],
        "rates": rates,
        "discounts": ticket.discounts,
        "total": total,
        "vat": sum(line.vat for line in ticket.lines) * sign,
        "algorithm": 1 if unit_rules is None else 2,
    }
