"""From a priced basket to the ticket that is sealed: lines with their facts, discounts with their names, rates."""

from engine.kernel.world import World
from engine.payments.records import Leg
from engine.sales.draft_basket import Draft, Facts, refusal
from engine.sales.receive_basket import Basket
from engine.sales.records import Discount, Line, Posted, Rate
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

MARGIN = "margin"
STORED = "stored"
BASES = {"gross": BASIS_GROSS, "net": BASIS_NET}


def price(draft: Draft) -> pricing.Priced:
    """The draft priced by the core; what it declines becomes a refusal that names the line."""
    try:
        return pricing.price(
            draft.lines,
            draft.subtotals,
            basis=BASES[draft.shelf.settings.basis],
            decimals=draft.shelf.settings.decimals,
        )
    except PricingError as error:
        raise refusal(error) from error


def ticket(
    basket: Basket,
    draft: Draft,
    priced: pricing.Priced,
    world: World,
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
    lines = [_line(line, draft.facts, rates) for line in priced.lines]
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
        tuple([_discount(applied, draft) for applied in priced.discounts]) if priced.discounts else (),
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
        _costs(priced) if draft.margins else (),
    )


def _costs(priced: pricing.Priced) -> tuple[tuple[int, int], ...]:
    """By line, what goods under the margin scheme cost."""
    return tuple((int(line.id), line.cost) for line in priced.lines if line.cost is not None)


def _line(line: pricing.PricedLine, facts: list[Facts], rates: dict[tuple[str, int, int], int]) -> Line:
    id, key, quantity, unit, base, shares, amount, vat = line.figures()
    number = int(id)
    product, version, department, label, typed, options, note, stock = facts[number - 1]
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


def _discount(applied: Applied, draft: Draft) -> Discount:
    id, version, label = draft.names[applied.ref]
    return Discount(
        id=id,
        pv=version,
        l=label,
        phase=applied.phase,
        base=applied.base_sum,
        wanted=applied.wanted,
        granted=applied.granted,
        cut=applied.reason,
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
