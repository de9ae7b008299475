"""What others may ask about the shop and its tills."""

import functools

import msgspec

from engine.kernel.clock import Civil
from engine.kernel.errors import Refusal
from engine.kernel.world import World
from engine.shop.kinds import (
    CASH_LIMITS_FR,
    MEAL_VOUCHER_CAPS_FR,
    SEARCH_NODES,
    SETTINGS,
    SETTINGS_ID,
    TILL_IDLE_S_MAX,
    TILLS,
    DatedAmount,
    ReceiptOptions,
    SettingsRow,
    TillRow,
    parse_day,
)

Limits = tuple[tuple[int, int | None], ...]
"""(first day as an ordinal, amount in minor units or None for no limit), in order of days."""


def _limits(rows: tuple[DatedAmount, ...]) -> Limits:
    return tuple((parse_day(row.since, "since"), row.amount) for row in rows)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The shop's settings, ready for use; amounts in minor units, days as ordinals.

    ``default_mode`` is a sales mode; ``modes`` are those on offer (empty: all); ``cash_limits`` and
    ``meal_voucher_caps`` are read with `limit_on`; `version` is the position of the row, -1 where there is none.
    """

    version: int = -1
    name: str = ""
    legal_name: str | None = None
    address: tuple[str, ...] = ()
    phone: str | None = None
    siret: str | None = None
    naf: str | None = None
    vat_number: str | None = None
    header: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    logo: int | None = None
    receipt: ReceiptOptions = ReceiptOptions()
    public_address: str | None = None
    country: str = "FR"
    currency: str = "EUR"
    decimals: int = 2
    basis: str = "gross"
    zone: str = "Europe/Paris"
    day_starts_minute: int = 0
    default_vat: int | None = None
    default_mode: int = 0
    modes: tuple[int, ...] = ()
    mode_required: bool = False
    default_float: int = 0
    cash_rounding_step: int = 0
    cash_limits: Limits = _limits(CASH_LIMITS_FR)
    meal_voucher_caps: Limits = _limits(MEAL_VOUCHER_CAPS_FR)
    rules: str = "best"
    search_nodes: int = SEARCH_NODES
    till_idle_s: int = TILL_IDLE_S_MAX


DEFAULTS = Settings()
"""What holds while nobody has configured the shop."""


class Till(msgspec.Struct, frozen=True, kw_only=True):
    """A till: ``float_in`` and ``default_mode`` are None where the shop's own hold."""

    id: int
    version: int
    name: str
    active: bool
    float_in: int | None
    default_mode: int | None
    ticket_text: tuple[str, ...]
    journal: str | None


def _settings(row: SettingsRow, version: int) -> Settings:
    plain = {name: getattr(row, name) for name in row.__struct_fields__}
    plain |= {
        "version": version,
        "cash_limits": _limits(row.cash_limits),
        "meal_voucher_caps": _limits(row.meal_voucher_caps),
    }
    return Settings(**plain)


def _till(row: TillRow, version: int) -> Till:
    return Till(
        id=0,
        version=version,
        name=row.name,
        active=row.active,
        float_in=row.float_in,
        default_mode=row.default_mode,
        ticket_text=row.ticket_text,
        journal=row.journal,
    )


def _ready_settings(world: World, id: int) -> Settings:
    return world.compiled(SETTINGS, id, _settings) or DEFAULTS


def settings(world: World) -> Settings:
    """The shop's settings, or the defaults."""
    return world.ready(_ready_settings, SETTINGS_ID)


def _ready_till(world: World, id: int) -> Till | None:
    found = world.compiled(TILLS, id, _till)
    return None if found is None else msgspec.structs.replace(found, id=id)


def till(world: World, id: int) -> Till | None:
    """The till, active or not, or None."""
    return world.ready(_ready_till, id)


def limit_on(limits: Limits, day: int) -> int | None:
    """The amount that holds on a day (an ordinal): that of the last row begun by then; None where nothing limits.

    ``cash_limits`` bound the cash of one sale (fiscal.md, FR-36), ``meal_voucher_caps`` its meal vouchers (FR-40).
    """
    amount = None
    for since, value in limits:
        if since > day:
            break
        amount = value
    return amount


def float_in(world: World, till_id: int) -> int:
    """What the till's drawer starts with, in minor units: the till's own float, else the shop's."""
    found = till(world, till_id)
    own = None if found is None else found.float_in
    return settings(world).default_float if own is None else own


def sales_mode(world: World, asked: int | None, at: str = "mode") -> int:
    """The sales mode of a sale: the one asked for, else the till's, else the shop's (features.md, ``takeAway``).

    Refuses a mode that is not on offer, and silence where the shop requires a choice.
    """
    shop = settings(world)
    if asked is not None:
        if shop.modes and asked not in shop.modes:
            raise Refusal("shop.mode_off", f"sales mode {asked} is not on offer", at=at)
        return asked
    if shop.mode_required:
        raise Refusal("shop.mode_required", "this shop wants the sales mode to be chosen", at=at)
    here = till(world, world.actor.till)
    own = None if here is None else here.default_mode
    # A till's default that the shop has since withdrawn must not stop the till: the shop's own is always on offer.
    return shop.default_mode if own is None or (shop.modes and own not in shop.modes) else own


@functools.cache
def _civil(zone: str) -> Civil:
    return Civil(zone, 0)


def minute(world: World) -> int:
    """The civil minute after midnight (0 to 1439) at which a decision is made: the clock of happy hours."""
    clock = _civil(world.zone).text(world.at_ms)[11:16]
    return int(clock[:2]) * 60 + int(clock[3:])


def weekday(world: World) -> int:
    """The weekday of the business day, 1 (Monday) to 7: a night belongs to the day whose cut-over it precedes."""
    return (world.day - 1) % 7 + 1
