"""From a priced basket to the ticket that is sealed: lines with their facts, discounts with their names, rates."""

from engine.kernel.errors import Refusal
from engine.kernel.messages import LINES_MAX
from engine.kernel.world import World
from engine.payments.records import Leg
from engine.sales.draft_basket import Draft, Facts, refusal
from engine.sales.draft_rules import Terms
from engine.sales.receive_basket import Basket
from engine.sales.records import Discount, Given, Line, Posted, Rate
from engine_ext import pricing
from engine_ext.basket import (
    BASIS_GROSS,
    BASIS_NET,
    NATURE_DEPOSIT,
    NATURE_STORED,
    SCHEME_EXEMPT,
    PricingError,
    RateTotal,
)
from engine_ext.sheet import Applied

Sold = dict[str, tuple[int, Facts]]
"""Line id of pricing -> its number on the ticket and its facts."""

MARGIN = "margin"
STORED = "stored"
BASES = {"gross": BASIS_GROSS, "net": BASIS_NET}


def price(draft: Draft, terms: Terms | None = None, *, misses: bool = False) -> pricing.Priced:
    """The draft priced by the core; what it declines becomes a refusal that names the line.

    ``misses`` asks why other rules did not apply.
    """
    settings = draft.shelf.settings
    basis, decimals = BASES[settings.basis], settings.decimals
    try:
        if terms is None:
            return pricing.price(draft.lines, draft.subtotals, basis=basis, decimals=decimals)
        return pricing.price(
            draft.lines,
            draft.subtotals,
            basis=basis,
            decimals=decimals,
            book=terms.book,
            context=terms.context,
            menus=terms.menus,
            customer=terms.customer,
            coupons=[coupon.core for coupon in terms.coupons],
            removed=terms.removed,
            misses=misses,
        )
    except PricingError as error:
        raise refusal(error) from error


def ticket(
    basket: Basket,
    draft: Draft,
    priced: pricing.Priced,
    world: World,
    terms: Terms | None,
    *,
    series: int,
    no: int,
    session: int,
    legs: tuple[Leg, ...],
    due: int,
) -> Posted:
    """The ticket as it will be sealed."""
    settings = draft.shelf.settings
    rates = {(rate.category, rate.rate, rate.scheme): index for index, rate in enumerate(priced.rates)}
    profile = "" if draft.plain else draft.buyer.profile
    facts: list[Facts] | Sold = draft.facts
    auto: tuple[tuple[int, int], ...] = ()
    if terms is not None and len(priced.lines) > len(draft.facts):
        facts, auto = _with_added(draft, terms, priced)
    lines = [_line(line, facts, rates) for line in priced.lines]
    return Posted(  # by position, as lines are (see `Line`)
        series,
        no,
        session,
        world.day_text(),
        settings.basis,
        settings.currency,
        settings.decimals,
        draft.mode,
        tuple(lines),
        _discounts(priced, draft, terms) if priced.discounts else (),
        tuple([sealed_rate(rate, profile=profile) for rate in priced.rates]),
        len(lines),
        priced.total,
        legs,
        due,
        basket.note,
        world.book,
        priced.algorithm,
        basket.receipt,
        None if draft.plain else draft.buyer.sealed(),
        basket.table,
        basket.covers,
        basket.zone,
        tuple(draft.listed.items()) if draft.listed else (),
        _costs(priced, facts) if draft.margins else (),
        () if terms is None else tuple(sorted(set(basket.without))),
        priced.search or "",
        auto,
    )


def _costs(priced: pricing.Priced, sold: list[Facts] | Sold) -> tuple[tuple[int, int], ...]:
    """By line, what goods under the margin scheme cost."""
    known = sold if isinstance(sold, dict) else {}
    return tuple(
        [
            (known[line.id][0] if line.id in known else int(line.id), line.cost)
            for line in priced.lines
            if line.cost is not None
        ]
    )


def _with_added(draft: Draft, terms: Terms, priced: pricing.Priced) -> tuple[Sold, tuple[tuple[int, int], ...]]:
    """What is sealed of each line by its id in pricing, where rules added some: they are numbered behind the others, in
    the order of their rules; and of those (number, rule)."""
    facts: Sold = {str(number): (number, each) for number, each in enumerate(draft.facts, 1)}
    added = sorted([line.id for line in priced.lines if line.id in terms.added])
    if len(draft.facts) + len(added) > LINES_MAX:
        raise Refusal("sales.too_many_lines", f"with the items that rules add there are over {LINES_MAX} lines")
    auto = []
    for number, id in enumerate(added, len(draft.facts) + 1):
        item = terms.added[id]
        facts[id] = (number, item.ready.facts)
        auto.append((number, item.rule))
        if item.listed:
            draft.listed[number] = item.listed
    return facts, tuple(auto)


def _line(line: pricing.PricedLine, sold: list[Facts] | Sold, rates: dict[tuple[str, int, int], int]) -> Line:
    id, key, quantity, unit, base, shares, amount, vat = line.figures()
    if isinstance(sold, dict):
        number, facts = sold[id]
    else:
        number = int(id)
        facts = sold[number - 1]
    product, version, department, label, typed, options, note, stock = facts
    return Line(
        number,
        product,
        version,
        department,
        label,
        quantity,
        unit,
        typed,
        options,
        base,
        shares,
        amount,
        rates[key],
        vat,
        note,
        None,
        stock,
    )


def _discounts(priced: pricing.Priced, draft: Draft, terms: Terms | None) -> tuple[Discount, ...]:
    """Every step of pricing with its name; of rules that consume units, how often and which."""
    chosen = [] if terms is None else terms.given
    picked = {use.discount: _menus_of(use.ref, chosen) for use in priced.uses if use.chosen}
    return tuple([_discount(applied, draft, terms, picked.get(at)) for at, applied in enumerate(priced.discounts)])


def _menus_of(ref: str, chosen: list[tuple[str, Given]]) -> Given:
    """What the operator chose of one menu: the lines of all its choices, in their order."""
    mine = [given for name, given in chosen if name == ref]
    lines = tuple([line for given in mine for line in given.lines])
    return Given(at=mine[0].at, percent=0, amount=0, fixed=None, lines=lines)


def _discount(applied: Applied, draft: Draft, terms: Terms | None, picked: Given | None) -> Discount:
    named = draft.names.get(applied.ref)
    if named is not None:
        id, version, label = named
        kind = None if id is None else "discounts"
    else:
        assert terms is not None, "only rules have names that the basket does not know"
        kind, id, version, label = terms.names[applied.ref]
    return Discount(
        id=id,
        pv=version,
        l=label,
        phase=applied.phase,
        base=applied.base_sum,
        wanted=applied.wanted,
        granted=applied.granted,
        cut=applied.reason,
        k=kind,
        n=applied.uses,
        u=tuple([(int(line), count) for line, count in applied.units]),
        g=picked or draft.given.get(applied.ref),
    )


def sealed_rate(rate: RateTotal, sign: int = 1, profile: str = "") -> Rate:
    """A VAT total as sealed; ``sign`` -1 for a refund; ``profile`` is the customer's: why there is none to pay."""
    nature = rate.nature
    return Rate(
        int(rate.category),
        nature == NATURE_DEPOSIT,
        rate.rate,
        sign * rate.gross,
        sign * rate.vat,
        sign * rate.net,
        _scheme(rate, profile) if rate.scheme or nature == NATURE_STORED else "",
    )


def _scheme(rate: RateTotal, profile: str) -> str:
    if rate.nature == NATURE_STORED:
        return STORED
    return profile if rate.scheme & SCHEME_EXEMPT else MARGIN
