"""What others may ask about VAT rates: the row that is in force on the business day, in the territory that counts."""

from typing import NamedTuple

from engine.catalogue.kinds import VAT_RATES, VatRateRow
from engine.kernel.errors import Refusal
from engine.kernel.money import QUANTITY_PLACES, parse_decimal
from engine.kernel.world import CURRENT, World
from engine.shop.kinds import parse_day

RATES_MAX = 1_000


class Rate(NamedTuple):
    """A VAT rate, ready: ``percent`` in 1/1000 %, ``first`` and ``last`` ordinals of days; ``margin`` names the goods
    that are taxed on their margin, or is None."""

    id: int
    version: int
    title: str
    percent: int
    territory: str
    category: str
    margin: str | None
    first: int
    last: int


def _rate(row: VatRateRow, version: int) -> Rate:
    return Rate(
        id=0,
        version=version,
        title=row.title,
        percent=parse_decimal(row.percent, QUANTITY_PLACES, "percent"),
        territory=row.territory,
        category=row.category,
        margin=row.margin,
        first=0 if row.valid_from is None else parse_day(row.valid_from, "valid_from"),
        last=10**7 if row.valid_until is None else parse_day(row.valid_until, "valid_until"),
    )


def _all_rates(world: World, key: int) -> tuple[Rate, ...]:
    """Every rate that the shop has configured, by id."""
    found = []
    for (_, id), _ in world.scan(CURRENT, VAT_RATES.code, limit=RATES_MAX):
        made = world.compiled(VAT_RATES, id, _rate)
        assert made is not None, f"VAT rate {id} is listed and has no row"
        found.append(made._replace(id=id))
    return tuple(found)


def _ready_rate(world: World, key: tuple[int, int, str | None]) -> Rate | None:
    id, day, territory = key
    made = world.compiled(VAT_RATES, id, _rate)
    assert made is not None, f"VAT rate {id} was removed although something refers to it"
    wanted = (territory or made.territory, made.category, made.margin)
    if wanted[0] == made.territory and made.first <= day <= made.last:
        return made._replace(id=id)
    others = [
        rate
        for rate in world.ready(_all_rates, 0)
        if (rate.territory, rate.category, rate.margin) == wanted and rate.first <= day <= rate.last
    ]
    return max(others, key=lambda rate: (rate.first, -rate.id), default=None)


def rate_on(world: World, id: int, at: str, territory: str | None = None) -> Rate:
    """The rate in force on the business day for what is configured as rate ``id``.

    That row itself on the days it holds, else the row of its territory, category and margin that began last (then of
    the lower id); with a ``territory``, that one's row of the category. Refused (``catalogue.no_rate_on``) at ``at``
    where there is none: a rate that is unknown for the date is never guessed.
    """
    found = world.ready(_ready_rate, (id, world.day, territory))
    if found is None:
        row = world.row(VAT_RATES, id)
        where = territory or (row and row.territory)
        text = (
            f"on {world.day_text()} no rate of category {row and row.category} is in force in {where} (VAT rate {id})"
        )
        raise Refusal("catalogue.no_rate_on", text, at=at, data={"rate": id})
    return found
