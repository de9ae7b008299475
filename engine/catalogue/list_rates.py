"""``catalogue.legal_rates``: the VAT rates of the law in a territory on a day, with the articles they rest on."""

import msgspec

from engine.catalogue.kinds_territories import LEGAL_RATES, TERRITORIES
from engine.kernel.errors import Refusal
from engine.kernel.messages import Query
from engine.kernel.world import World
from engine.shop.kinds import Day, parse_day


class ListRates(Query, frozen=True, kw_only=True, tag="catalogue.legal_rates"):
    """The rates that hold in a French territory; without a day, today."""

    territory: str = "FR"
    day: Day | None = None


class RateOfLaw(msgspec.Struct, frozen=True, kw_only=True):
    """A rate as a shop may configure it: what a row of vat-rates takes, and where the law says so."""

    territory: str
    category: str
    percent: str
    valid_from: str
    valid_until: str | None
    source: str


class RatesListed(msgspec.Struct, frozen=True, kw_only=True):
    """The territory by its name, and its rates from high to low."""

    name: str
    rates: tuple[RateOfLaw, ...]


def answer_list_rates(query: ListRates, world: World) -> RatesListed:
    """Refused for a territory or a day that the table does not speak of."""
    name = TERRITORIES.get(query.territory)
    if name is None:
        text = f"{query.territory} is none of {', '.join(TERRITORIES)}"
        raise Refusal("catalogue.no_rate_on", text, at="territory")
    day = world.day if query.day is None else parse_day(query.day, "day")
    found = tuple(
        RateOfLaw(
            territory=rate.territory,
            category=rate.category,
            percent=rate.percent,
            valid_from=rate.since,
            valid_until=rate.until,
            source=rate.source,
        )
        for rate in LEGAL_RATES
        if rate.territory == query.territory
        and parse_day(rate.since, "since") <= day
        and (rate.until is None or day <= parse_day(rate.until, "until"))
    )
    if not found:
        raise Refusal("catalogue.no_rate_on", f"the table of {name} does not reach back to {query.day}", at="day")
    return RatesListed(name=name, rates=found)
