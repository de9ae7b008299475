"""Baskets with line rules, automatic rules, customers' discounts and coupons, and what they come to, told plainly."""

import copy
from dataclasses import dataclass, field, replace
from random import Random

from pricing_cases import core_line, core_subtotal, give_schemes, plain, random_line, random_rule
from reference_money import r
from reference_pricing import GOODS, Adjustment, Line, Refused, Ticket

from engine_ext.basket import PricingError
from engine_ext.book import AddedItem, Book, Coupon, CustomerDiscount, LineRule, TicketRule
from engine_ext.conditions import Conditions, Context
from engine_ext.pricing import Priced, price

TAGS = ("fresh", "deal")
NO_STACK = None


@dataclass(kw_only=True)
class PlainRule:
    """A rule of any kind in the plainest words: an adjustment, whom it names, and what it asks for."""

    adjustment: Adjustment
    priority: int = 0
    stack: str | None = NO_STACK
    products: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    except_products: tuple[str, ...] = ()
    modes: tuple[int, ...] = ()
    min_items: int = 0
    min_value: int = 0
    after_discounts: bool = False
    item: Line | None = None
    per_cover: bool = False

    @property
    def id(self) -> str:
        return self.adjustment.ref

    def names(self, line: Line) -> bool:
        if line.product in self.except_products:
            return False
        named = (
            line.product in self.products or line.department in self.departments or bool({*line.tags} & {*self.tags})
        )
        return named or not (self.products or self.departments or self.tags)

    def conditions(self) -> Conditions:
        return Conditions(
            modes=self.modes,
            min_items=self.min_items,
            min_value=self.min_value,
            after_discounts=self.after_discounts,
        )


@dataclass(kw_only=True)
class RuleCase:
    """The arguments of one call with rules; stack groups and priorities of the lines' own discounts by line id."""

    lines: list[Line]
    line_rules: list[PlainRule] = field(default_factory=list)
    ticket_rules: list[PlainRule] = field(default_factory=list)
    coupons: list[PlainRule] = field(default_factory=list)
    customer: Adjustment | None = None
    subtotals: list[Adjustment] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    mode: int = 1
    covers: int = 0
    basis: int = 0
    decimals: int = 2


def core_line_rule(rule: PlainRule) -> LineRule:
    of = rule.adjustment
    return LineRule(
        rule.id,
        priority=rule.priority,
        stack=rule.stack,
        percent=of.percent,
        amount=of.amount,
        fixed=of.fixed,
        products=rule.products,
        departments=rule.departments,
        tags=rule.tags,
        except_products=rule.except_products,
        conditions=rule.conditions(),
    )


def core_ticket_rule(rule: PlainRule) -> TicketRule:
    item = None if rule.item is None else AddedItem(core_line(rule.item), per_cover=rule.per_cover)
    return TicketRule(
        rule.id,
        priority=rule.priority,
        conditions=rule.conditions(),
        item=item,
        percent=rule.adjustment.percent,
        amount=rule.adjustment.amount,
    )


def core_coupon(rule: PlainRule) -> Coupon:
    return Coupon(
        rule.id,
        percent=rule.adjustment.percent,
        amount=rule.adjustment.amount,
        conditions=rule.conditions(),
        products=rule.products,
        departments=rule.departments,
    )


def run_core(case: RuleCase, *, misses: bool = False) -> Priced:
    of = case.customer
    return price(
        [core_line(line) for line in case.lines],
        [core_subtotal(rule) for rule in case.subtotals],
        basis=case.basis,
        decimals=case.decimals,
        book=Book(
            line_rules=[core_line_rule(rule) for rule in case.line_rules],
            ticket_rules=[core_ticket_rule(rule) for rule in case.ticket_rules],
        ),
        context=Context(mode=case.mode, covers=case.covers),
        customer=None if of is None else CustomerDiscount(of.ref, percent=of.percent, amount=of.amount),
        coupons=[core_coupon(rule) for rule in case.coupons],
        removed=case.removed,
        misses=misses,
    )


def core_answer(case: RuleCase) -> object:
    """The ticket or the refusal of the compiled core."""
    try:
        ticket = run_core(case)
    except PricingError as error:
        return error.code, error.line_id
    return plain(ticket), [step.rule for step in ticket.discounts], [row.rule and row.rule.id for row in ticket.lines]


class RuledTicket(Ticket):
    """The twin's ticket with the rules of a case: each step as the page says it, on whole lists, again and again."""

    def __init__(self, case: RuleCase) -> None:
        super().__init__([copy.deepcopy(line) for line in case.lines], case.basis, case.decimals)
        self.case = case
        self.kinds: list[str] = []
        self.others: list[Line] = []
        self.forgiving = False
        self.added: dict[str, str] = {}

    def told(self, kind: str) -> None:
        self.kinds += [kind] * (len(self.discounts) - len(self.kinds))

    def goods(self) -> list[Line]:
        return [line for line in self.lines if line.nature == GOODS]

    def holds(self, rule: PlainRule, left: int = 0) -> bool:
        # Asked before anything is added, so that all goods are what was entered.
        goods = [line for line in self.goods() if line.id not in self.added]
        items = sum(1 if line.quantity % 1_000 else line.quantity // 1_000 for line in goods)
        value = left if rule.after_discounts else sum(line.base for line in goods)
        in_mode = not rule.modes or self.case.mode in rule.modes
        return in_mode and items >= rule.min_items and value >= rule.min_value

    def alone(self, line: Line, rule: Adjustment) -> int:
        # What the rule by itself would change on the line.
        only = RuledTicket(RuleCase(lines=[], decimals=self.case.decimals))
        only.forgiving = True  # a rule that loses refuses nothing
        trial = replace(line, manual=rule, default=None, amount=line.base, shares=[])
        only.lines = [trial]
        Ticket.line_rules(only)
        return trial.amount - line.base

    def ruled_lines(self) -> None:
        holding = [rule for rule in self.case.line_rules if self.holds(rule)]
        for line in self.goods():
            offers = [(rule.priority, rule.stack, rule.adjustment, "line-rule") for rule in holding if rule.names(line)]
            if line.default is not None:
                offers.append((0, None, line.default, "default"))
            if line.typed is not None or self.sign < 0:
                offers = []
            ranked = sorted(offers, key=lambda offer: (-offer[0], self.alone(line, offer[2]), offer[2].ref))
            chosen = [offer for offer in ranked if offer is ranked[0] or offer[1] == ranked[0][1] is not None]
            if line.manual is not None:
                chosen = [(0, None, line.manual, "manual")]
            for _, _, rule, kind in chosen:
                self.one_line(line, rule)
                self.told(kind)

    def one_line(self, line: Line, rule: Adjustment) -> None:
        everything, self.lines = self.lines, [line]
        kept, line.manual = line.manual, rule
        self.others = [other for other in everything if other is not line]
        try:
            Ticket.line_rules(self)
        finally:
            self.lines, line.manual, self.others = everything, kept, []

    def check(self, line_id: str | None, *more: int) -> None:
        if self.forgiving:
            return
        everything, self.lines = self.lines, [*self.lines, *self.others]
        try:
            super().check(line_id, *more)
        finally:
            self.lines = everything

    def source(self, rules: list[tuple[Adjustment, Line | None]], kind: str) -> None:
        for rule, item in rules:
            if item is not None:
                self.add(item, rule.ref)
            if rule.percent:
                self.spread(rule, "percent")
        for rule, _ in rules:
            if rule.amount:
                self.spread(rule, "amount")
        self.told(kind)

    def add(self, item: Line, rule_id: str) -> None:
        if item.id in {line.id for line in self.lines}:
            raise Refused("pricing.duplicate_line", item.id)
        line = copy.deepcopy(item)
        line.base = line.amount = r(line.unit * line.quantity * self.minor)
        self.lines.append(line)
        self.check(line.id)
        self.lines.sort(key=lambda each: each.key)
        self.added[line.id] = rule_id

    def automatic(self) -> None:
        left = sum(line.amount for line in self.goods())
        ordered = sorted(self.case.ticket_rules, key=lambda rule: (-rule.priority, rule.id))
        holding = [rule for rule in ordered if rule.id not in self.case.removed and self.holds(rule, left)]
        coupons = [rule for rule in sorted(self.case.coupons, key=lambda rule: rule.id) if self.holds(rule, left)]
        self.source([(rule.adjustment, self.item_of(rule)) for rule in holding], "automatic")
        if self.case.customer is not None:
            self.source([(self.case.customer, None)], "customer")
        named = [(rule, tuple(line.id for line in self.goods() if rule.names(line))) for rule in coupons]
        self.source([(replace(rule.adjustment, lines=ids), None) for rule, ids in named if ids], "coupon")

    def item_of(self, rule: PlainRule) -> Line | None:
        if rule.item is None or not rule.per_cover:
            return rule.item
        return replace(rule.item, quantity=rule.item.quantity * self.case.covers) if self.case.covers else None

    def run(self) -> object:
        self.base()
        self.mirror()
        self.ruled_lines()
        self.ticket_rules(self.case.subtotals)
        self.told("manual")
        if self.sign > 0:
            self.automatic()
        return self.answer()

    def answer(self) -> object:
        rates = self.taxes()
        self.told("vat")
        total = sum(rate[3] for rate in rates)
        self.check(None, total)
        sign = self.sign
        rows = [
            (
                line.id,
                line.unit,
                line.base * sign,
                tuple((index, share * sign) for index, share in line.shares),
                line.amount * sign,
                line.vat * sign,
            )
            for line in self.lines
        ]
        ruled = self.case.line_rules or self.case.ticket_rules or self.case.customer or self.case.coupons
        ticket = {
            "lines": rows,
            "rates": rates,
            "discounts": self.discounts,
            "total": total,
            "vat": sum(line.vat for line in self.lines) * sign,
            "algorithm": 3 if ruled else 1,
        }
        return ticket, self.kinds, [self.added.get(line.id) for line in self.lines]


def plain_answer(case: RuleCase) -> object:
    """The ticket or the refusal, step by step."""
    try:
        return RuledTicket(case).run()
    except Refused as error:
        return error.args


def random_plain(rng: Random, ref: str, unit: int, *, fixed: bool = False) -> PlainRule:
    adjustment = random_rule(rng, ref, unit)
    idle = not (adjustment.percent or adjustment.amount or adjustment.fixed)
    if idle or (adjustment.fixed is not None and not fixed):
        adjustment = Adjustment(ref=ref, percent=rng.choice((-10_000, -33_333, 5_000)))
    return PlainRule(
        adjustment=adjustment,
        priority=rng.choice((0, 0, 1, 5)),
        products=tuple(rng.sample(("cola", "menu", "water"), rng.choice((0, 0, 1, 2)))),
        departments=tuple(rng.sample(("bar", "cola"), rng.choice((0, 0, 1)))),
        modes=rng.choice(((), (), (1,), (2,))),
        min_items=rng.choice((0, 0, 3, 8)),
        min_value=rng.choice((0, 0, 2_000, 20_000)),
    )


def random_line_rule(rng: Random, number: int) -> PlainRule:
    rule = random_plain(rng, f"line-{number}", 100, fixed=True)
    rule.stack = rng.choice((None, None, "one", "two"))
    rule.tags = tuple(rng.sample(TAGS, rng.choice((0, 0, 1))))
    if not rule.products:
        rule.except_products = rng.choice(((), ("cola",)))
    return rule


def random_ticket_rule(rng: Random, number: int, lines: list[Line]) -> PlainRule:
    rule = random_plain(rng, f"{number}", 1)
    rule.products, rule.departments = (), ()
    rule.after_discounts = bool(rule.min_value) and rng.random() < 0.4
    if rng.random() < 0.5:
        item = random_line(rng, f"a{number}", 1, "shop")
        rule.item = replace(item, nature=GOODS, quantity=abs(item.quantity), options=(), manual=None, default=None)
        rule.item.exempt = rng.random() < 0.1
        if rng.random() < 0.1:
            rule.item.margin, rule.item.cost = True, rng.randint(0, 200_000)
        rule.per_cover = rng.random() < 0.4
        if rng.random() < 0.5:
            rule.adjustment = Adjustment(ref=rule.id)
    return rule


def random_rule_case(rng: Random, *, lines_max: int = 8) -> RuleCase:
    """Some lines and some rules of each kind; rarely a negative or a refused basket."""
    sign = -1 if rng.random() < 0.08 else 1
    scale = rng.choice(("shop", "shop", "tiny", "huge"))
    lines = [random_line(rng, str(number), sign, scale) for number in range(rng.randint(0, lines_max))]
    for line in lines:
        line.tags = tuple(rng.sample(TAGS, rng.choice((0, 0, 1, 2))))
    if rng.random() < 0.3:
        give_schemes(rng, lines, scale)
    rng.shuffle(lines)
    ticket_rules = [random_ticket_rule(rng, number, lines) for number in range(rng.choice((0, 1, 2, 4)))]
    coupons = [random_plain(rng, f"coupon-{number}", 1) for number in range(rng.choice((0, 0, 1, 3)))]
    rng.shuffle(coupons)
    customer = random_plain(rng, "customer", 1).adjustment if rng.random() < 0.4 else None
    return RuleCase(
        lines=lines,
        line_rules=[random_line_rule(rng, number) for number in range(rng.choice((0, 1, 2, 5)))],
        ticket_rules=ticket_rules,
        coupons=coupons,
        customer=customer,
        subtotals=[random_rule(rng, "subtotal", 1)] if rng.random() < 0.3 else [],
        removed=tuple(rule.id for rule in ticket_rules if rng.random() < 0.15),
        mode=rng.choice((1, 2)),
        covers=rng.choice((0, 1, 3)),
        basis=rng.randint(0, 1),
        decimals=rng.choice((2, 2, 0, 3)),
    )
