"""What every rule is made of: the conditions it asks for, the benefit it gives, and how both are checked when saved."""

from collections.abc import Iterable
from typing import Annotated, Any

from msgspec import Meta

from engine.discounts.kinds import check_money, check_percent
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row
from engine.kernel.messages import Decimal, Id
from engine.kernel.money import QUANTITY_PLACES
from engine.kernel.world import CURRENT, World
from engine.shop.kinds import (
    MINUTES_OF_DAY,
    MODE_MAX,
    SETTINGS,
    SETTINGS_ID,
    Amount,
    Day,
    SalesMode,
    parse_day,
)

RULES_MAX = 500  # active rules of one shop, over all kinds together (pricing.md, Limits)
ROWS_MAX = 2_000  # rows of one kind, those that are not active included
NAMES_MAX = 1_000  # products, tables, customers ... that one list of a rule may name
GROUPS_MAX = 10  # exclusivity groups (pricing.md, Limits)
PRIORITY_MAX = 1_000_000
ITEMS_MAX = 10_000
COVERS_MAX = 999
DAYS_OF_WEEK = 7

RULE_KINDS = ("line-rules", "offers", "menus", "packs", "automatic-rules")
"""Every kind of rule that stands in the book."""

PATTERN_KINDS = ("offers", "menus", "packs")
"""The rules that consume units; an exclusivity group may reach over all of them."""

Ids = Annotated[tuple[Id, ...], Meta(max_length=NAMES_MAX)]
Weekday = Annotated[int, Meta(ge=1, le=DAYS_OF_WEEK)]
Minute = Annotated[int, Meta(ge=0, lt=MINUTES_OF_DAY)]
Priority = Annotated[int, Meta(ge=-PRIORITY_MAX, le=PRIORITY_MAX)]
Percent = Annotated[Decimal, Meta(extra={"places": QUANTITY_PLACES})]
Group = Annotated[str, Meta(min_length=1, max_length=40)]

CONDITION_REFERENCES = {"tills": "tills", "tables": "tables", "zones": "zones", "groups": "customer-groups"}
"""The references of a `Conditioned` row."""


class Conditioned(Row, frozen=True, kw_only=True):
    """What a rule asks for before it applies: all of it must hold, and what is empty asks nothing.

    Any of the sales ``modes``, ``tills``, delivery ``zones``, ``tables``, customer ``groups``; ``weekdays`` (1 Monday
    to 7) of the business day, business days from ``first`` to ``last``; minutes after midnight from ``from_minute``
    until before ``until_minute``, which may cross midnight; at least ``min_items`` units, ``min_value`` minor units of
    goods before discounts, ``min_covers``. What a rule itself adds counts for none of them.
    """

    modes: Annotated[tuple[SalesMode, ...], Meta(max_length=MODE_MAX + 1)] = ()
    groups: Ids = ()
    tables: Ids = ()
    tills: Ids = ()
    zones: Ids = ()
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=DAYS_OF_WEEK)] = ()
    first: Day | None = None
    last: Day | None = None
    from_minute: Minute | None = None
    until_minute: Minute | None = None
    min_items: Annotated[int, Meta(ge=0, le=ITEMS_MAX)] = 0
    min_value: Amount = 0
    min_covers: Annotated[int, Meta(ge=0, le=COVERS_MAX)] = 0


def never(text: str, field: str) -> Refusal:
    """The refusal of a rule that can never apply, with the reason."""
    return Refusal("discounts.never_applies", f"this rule can never apply: {text}", at=f"row.{field}")


def unique(values: Iterable[Any]) -> tuple[Any, ...]:
    """A list as a set of names is kept: each once, in order, so that the same rule has the same bytes."""
    return tuple(sorted(set(values)))


def decimals(world: World) -> int:
    """The decimals of the shop's currency."""
    settings = world.row(SETTINGS, SETTINGS_ID)
    return 2 if settings is None else settings.decimals


def live_rows(kind: Kind, world: World) -> list[tuple[int, Any]]:
    """(id, row) of every live row of a kind of rules."""
    found = world.scan(CURRENT, kind.code, limit=ROWS_MAX)
    return [(id, world.row_at(kind, id, version)) for (_, id), version in found]


def others(kind: Kind, world: World) -> list[Any]:
    """The live rows of a kind besides the one that is being saved."""
    own = world.putting if kind.name == world.putting_kind else 0
    return [row for id, row in live_rows(kind, world) if id != own]


def require_room(row: Any, world: World) -> None:
    """Refuses an active rule more than one book holds."""
    if not row.active:
        return
    active = 1 + sum(other.active for name in RULE_KINDS for other in others(world.kinds[name], world))
    if active > RULES_MAX:
        text = f"{row.title}: a book holds {RULES_MAX} active rules, and this would be one more"
        raise Refusal("discounts.too_many_rules", text, at="row.active", data={"limit": RULES_MAX})


def check_conditions(row: Any, world: World) -> dict[str, Any]:
    """The conditions in their one form; refuses those that cannot all hold at once, ever."""
    _check_days(row, world)
    if row.from_minute is not None or row.until_minute is not None:
        first, until = row.from_minute or 0, MINUTES_OF_DAY if row.until_minute is None else row.until_minute
        if first == until:
            raise never("its hours end when they begin", "until_minute")
    settings = world.row(SETTINGS, SETTINGS_ID)
    if row.modes and settings is not None and settings.modes and set(row.modes).isdisjoint(settings.modes):
        raise never("none of its sales modes is on offer", "modes")
    return {field: unique(getattr(row, field)) for field in ("modes", "groups", "tables", "tills", "zones", "weekdays")}


def _check_days(row: Any, world: World) -> None:
    first = None if row.first is None else parse_day(row.first, "row.first")
    last = None if row.last is None else parse_day(row.last, "row.last")
    if last is not None and last < (first or 0):
        raise never("it would end before it begins", "last")
    if last is not None and last < world.day and row.active:
        raise never(f"{row.last} is over; a rule of the past is not active", "last")
    if row.weekdays and first is not None and last is not None:
        days = {(day - 1) % DAYS_OF_WEEK + 1 for day in range(first, min(last, first + DAYS_OF_WEEK - 1) + 1)}
        if days.isdisjoint(row.weekdays):
            raise never(f"no such weekday lies between {row.first} and {row.last}", "weekdays")


def check_adjustment(row: Any, world: World, *, lowers: bool = False, finer: bool = False) -> dict[str, Any]:
    """``percent`` and ``amount`` in their shortest form; with ``lowers`` they may only take something off, with
    ``finer`` the amount is a unit price."""
    percent = check_percent(row.percent)
    amount = check_money(row.amount, "amount", decimals(world), finer=finer)
    for field, value in (("percent", percent), ("amount", amount)):
        if lowers and value is not None and not value.startswith("-") and value != "0":
            text = f"{value} would raise the price; what this rule gives is below 0"
            raise Refusal("discounts.raises_price", text, at=f"row.{field}")
    return {"percent": None if percent == "0" else percent, "amount": None if amount == "0" else amount}


def minor_units(value: str | int | None, field: str, world: World, *, finer: bool = False) -> str | None:
    """An amount of the row in its shortest form, a whole number of minor units unless it may be ``finer``."""
    return check_money(value, field, decimals(world), finer=finer)


def check_group(group: str | None, world: World) -> None:
    """Refuses one exclusivity group more than a book holds."""
    if group is None:
        return
    known = {group}
    for name in PATTERN_KINDS:
        known |= {row.group for row in others(world.kinds[name], world) if row.group is not None}
    if len(known) > GROUPS_MAX:
        text = f"{group!r} would be exclusivity group {len(known)}, and a book holds {GROUPS_MAX}"
        raise Refusal("discounts.too_many_groups", text, at="row.group", data={"limit": GROUPS_MAX})
