"""From a priced basket to the ticket that is sealed: lines with their facts, discounts with their names, rates."""

from engine.kernel.world import World
from engine.payments.records import Leg
from engine.sales.draft_basket import Basket, Draft, Facts, refusal
from engine.sales.records import Discount, Line, Posted, Rate
from engine_ext import pricing
from engine_ext.basket import BASIS_GROSS, BASIS_NET, NATURE_DEPOSIT, BasketLine, PricingError, RateTotal
from engine_ext.sheet import Applied

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
    rates = {(rate.category, rate.rate): index for index, rate in enumerate(priced.rates)}
    facts = draft.facts
    lines = []
    for line in priced.lines:
        of = line.line
        number = int(of.id)
        lines.append(_line(line, of, number, facts[number - 1], rates[of.category, of.rate]))
    return Posted(
        series=series,
        no=no,
        session=session,
        day=world.date().isoformat(),
        basis=settings.basis,
        cur=settings.currency,
        dec=settings.decimals,
        mode=draft.mode,
        lines=tuple(lines),
        disc=tuple([_discount(applied, draft) for applied in priced.discounts]) if priced.discounts else (),
        rates=tuple([sealed_rate(rate) for rate in priced.rates]),
        items=len(lines),
        total=priced.total,
        legs=legs,
        due=due,
        note=basket.note,
        book=world.book,
        algo=priced.algorithm,
        asked=basket.receipt,
    )


def _line(line: pricing.PricedLine, of: BasketLine, number: int, facts: Facts, rate: int) -> Line:
    return Line(
        id=number,
        p=facts.product,
        pv=facts.version,
        d=facts.department,
        l=facts.label,
        q=of.quantity,
        u=of.unit,
        typed=facts.typed,
        o=facts.options,
        b=line.base,
        x=line.shares,
        a=line.amount,
        r=rate,
        t=line.vat,
        n=facts.note,
        of=None,
        s=facts.stock,
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


def sealed_rate(rate: RateTotal, sign: int = 1) -> Rate:
    """A VAT total as sealed; ``sign`` -1 for a refund."""
    return Rate(
        c=int(rate.category),
        deposit=rate.nature == NATURE_DEPOSIT,
        r=rate.rate,
        g=sign * rate.gross,
        v=sign * rate.vat,
        n=sign * rate.net,
    )
