"""What people configure about the shop: its settings (one row) and its tills."""

import datetime
import zoneinfo
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row
from engine.kernel.messages import INTEGER_MAX, TILL_MAX, Id, Label
from engine.kernel.world import CURRENT, World

SETTINGS_ID = 1
MODE_MAX = 6
MINUTES_OF_DAY = 1_440
LINES_OF_TEXT_MAX = 12
DATED_MAX = 20
SEARCH_NODES = 50_000
SEARCH_NODES_MAX = 1_000_000
TILL_IDLE_S_MIN, TILL_IDLE_S_MAX = 60, 120

SalesMode = Annotated[int, Meta(ge=0, le=MODE_MAX)]
"""How goods are handed over: 0 take-away, 1 delivery, 2 on site, 3 drive-through, 4 counter, 5 relay, 6 shipping."""

Amount = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
"""An amount in minor units that is never negative."""

Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""A calendar day, ``2026-11-21``."""

TextLine = Annotated[str, Meta(max_length=80)]
Text = Annotated[tuple[TextLine, ...], Meta(max_length=LINES_OF_TEXT_MAX)]
"""Lines printed on a receipt."""

Account = Annotated[str, Meta(pattern=r"^[0-9A-Z]{1,20}$")]
"""An account or journal code of the shop's books ("707100", "VT")."""

PublicAddress = Annotated[str, Meta(pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9._-]+)*$", max_length=120)]
"""A web address without a slash at its end; short, because a QR code has to hold it and a hash."""

DECIMALS = {
    "EUR": 2,
    "CHF": 2,
    "GBP": 2,
    "USD": 2,
    "CAD": 2,
    "MAD": 2,
    "DZD": 2,
    "XPF": 0,
    "XOF": 0,
    "XAF": 0,
    "TND": 3,
}
"""Currency -> decimals of its minor unit (ISO 4217): France, its Pacific territories and their neighbours."""

LA_POSTE_SIREN = "356000000"

PRICED_KINDS = (
    "products",
    "departments",
    "option-sets",
    "discounts",
    "payment-modes",
    "prices",
    "line-rules",
    "offers",
    "menus",
    "packs",
    "automatic-rules",
    "coupons",
)
"""Kinds whose rows hold amounts that mean nothing without the currency and the basis."""


class DatedAmount(Row, frozen=True, kw_only=True):
    """A limit of the law with the day it begins (journal.md, Law): ``amount`` in minor units, or null for none."""

    since: Day
    amount: Amount | None


CASH_LIMITS_FR = (DatedAmount(since="2015-09-01", amount=100_000),)
"""Cash per sale: 1 000 EUR (Code monétaire et financier L112-6, D112-3)."""

MEAL_VOUCHER_CAPS_FR = (DatedAmount(since="2022-10-01", amount=2_500),)
"""Meal vouchers: 25 EUR a day (Code du travail R3262-10); the engine sees a sale, so it caps the sale."""


class ReceiptOptions(Row, frozen=True, kw_only=True):
    """What of a receipt may be left out or added (features.md, ``configTicket``); what the law wants has no switch.

    ``phone``, ``till_name`` (its number stays), ``mode`` (of the sale) and ``notes`` are left out where false;
    ``net_prices`` adds each line's amount without VAT; ``large_total`` prints the total in double size; ``code`` adds
    the QR code of the proof where the shop has a public address; ``saved`` tells under the total what discounts took
    off it.
    """

    phone: bool = True
    till_name: bool = True
    mode: bool = True
    notes: bool = True
    net_prices: bool = False
    large_total: bool = True
    code: bool = True
    saved: bool = False


class SettingsRow(Row, frozen=True, kw_only=True):
    """The shop: who sells (printed on every receipt), how it counts money and days, and the law's limits for it.

    ``country`` is the state that goods are sold from; ``basis`` says whether prices include VAT ("gross") or not
    ("net"); ``day_starts_minute`` is the minute after midnight at which the business day begins; ``default_mode`` is
    the sales mode (not a payment mode) that a sale has when nobody chooses, ``modes`` those on offer (empty: all),
    ``mode_required`` makes the choice an obligation; ``cash_rounding_step`` is the smallest coin in minor units (0 or
    1: no rounding); ``default_float`` what a drawer starts with; ``logo`` stands at the head of receipts and
    ``receipt`` says what else they show; ``public_address`` is where anybody can reach this shop's server, so that
    receipts can carry a code that leads to their proof; ``till_idle_s`` is how long nobody may touch a till before it
    asks for the PIN again (reliability 3.4).
    ``rules`` says which of several menus, packs and offers apply: those that are "best" for the customer, or the
    "first" in their order; ``search_nodes`` is how far the search for the best may go (pricing.md, phase 2).
    """

    name: Label
    legal_name: Label | None = None
    address: Text = ()
    phone: Annotated[str, Meta(max_length=30)] | None = None
    siret: Annotated[str, Meta(pattern=r"^[0-9]{14}$")] | None = None
    naf: Annotated[str, Meta(pattern=r"^[0-9]{2}\.?[0-9]{2}[A-Z]$")] | None = None
    vat_number: Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9A-Z]{2,12}$")] | None = None
    header: Text = ()
    footer: Text = ()
    logo: Id | None = None
    receipt: ReceiptOptions = ReceiptOptions()
    public_address: PublicAddress | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] = "FR"
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] = "EUR"
    decimals: Annotated[int, Meta(ge=0, le=3)] = 2
    basis: Literal["gross", "net"] = "gross"
    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "Europe/Paris"
    day_starts_minute: Annotated[int, Meta(ge=0, lt=MINUTES_OF_DAY)] = 0
    default_vat: Id | None = None
    default_mode: SalesMode = 0
    modes: Annotated[tuple[SalesMode, ...], Meta(max_length=MODE_MAX + 1)] = ()
    mode_required: bool = False
    default_float: Amount = 0
    cash_rounding_step: Annotated[int, Meta(ge=0, le=100)] = 0
    cash_limits: Annotated[tuple[DatedAmount, ...], Meta(max_length=DATED_MAX)] = CASH_LIMITS_FR
    meal_voucher_caps: Annotated[tuple[DatedAmount, ...], Meta(max_length=DATED_MAX)] = MEAL_VOUCHER_CAPS_FR
    rules: Literal["best", "first"] = "best"
    search_nodes: Annotated[int, Meta(ge=0, le=SEARCH_NODES_MAX)] = SEARCH_NODES
    till_idle_s: Annotated[int, Meta(ge=TILL_IDLE_S_MIN, le=TILL_IDLE_S_MAX)] = TILL_IDLE_S_MAX


class TillRow(Row, frozen=True, kw_only=True):
    """A till: its name on tickets, what its drawer starts with and its sales mode (null: as the shop says).

    ``ticket_text`` is printed below the shop's header; ``printer`` prints its receipts, and where ``drawer`` is true a
    cash drawer hangs on it, which sales in cash open; ``journal`` is the accounting journal its sales go to; a till
    that is not ``active`` sells nothing.
    """

    name: Label
    float_in: Amount | None = None
    default_mode: SalesMode | None = None
    ticket_text: Text = ()
    printer: Id | None = None
    drawer: bool = False
    journal: Account | None = None
    active: bool = True


def parse_day(day: str, at: str) -> int:
    """The ordinal (``date.toordinal``) of a day as written; refuses a day that no calendar has."""
    try:
        return datetime.date.fromisoformat(day).toordinal()
    except ValueError:
        raise Refusal("shop.bad_day", f"{day} is no day of the calendar", at=at) from None


def _digits_sum(digits: str) -> int:
    """The Luhn sum of a number: every second digit from the right doubled, nines cast out."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total


def check_vat_number(number: str, at: str) -> None:
    """A French VAT number by its form and its key; another country's passes."""
    if not number.startswith("FR"):
        return
    key, siren = number[2:4], number[4:]
    if len(siren) != 9 or not siren.isdigit():
        raise Refusal("shop.bad_vat_number", f"{number} is not FR, two characters and a SIREN", at=at)
    # Keys with letters follow another, unpublished rule; only numeric ones can be checked.
    if key.isdigit() and int(key) != (12 + 3 * (int(siren) % 97)) % 97:
        raise Refusal("shop.bad_vat_number", f"VAT number {number} fails its key", at=at)


def _check_identity(row: SettingsRow) -> None:
    """SIRET and VAT number by their check digits, and both naming the same company (INSEE; CGI art. 286 ter)."""
    if row.siret is not None:
        # La Poste ran out of numbers that satisfy Luhn: its establishments satisfy a sum of digits instead.
        poste = row.siret.startswith(LA_POSTE_SIREN) and sum(map(int, row.siret)) % 5 == 0
        if _digits_sum(row.siret) % 10 and not poste:
            raise Refusal("shop.bad_siret", f"SIRET {row.siret} fails its check digit", at="row.siret")
    number = row.vat_number
    if number is None or not number.startswith("FR"):
        return
    check_vat_number(number, "row.vat_number")
    if row.siret is not None and row.siret[:9] != number[4:]:
        raise Refusal("shop.identity_differs", "SIRET and VAT number name two companies", at="row.vat_number")


def _check_dated(limits: tuple[DatedAmount, ...], at: str) -> None:
    before = 0
    for number, limit in enumerate(limits):
        place = f"row.{at}[{number}].since"
        day = parse_day(limit.since, place)
        if day <= before:
            raise Refusal("shop.dates_unordered", f"{limit.since} does not come after the one before", at=place)
        before = day


def _check_zone(zone: str) -> None:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: "Europe" is a folder of zones, not a zone.
        raise Refusal("shop.unknown_zone", f"there is no time zone {zone!r}", at="row.zone") from None


def _check_prices_keep_meaning(row: SettingsRow, world: World) -> None:
    """Refuses to turn every price of the catalogue into something else (features.md, ``configBoutique``)."""
    old = world.row(SETTINGS, SETTINGS_ID) or _UNSET
    changed = [field for field in ("currency", "decimals", "basis") if getattr(row, field) != getattr(old, field)]
    if not changed:
        return
    for name in PRICED_KINDS:
        if next(world.scan(CURRENT, world.kinds[name].code, limit=1), None) is not None:
            text = f"{changed[0]} cannot change while there are {name}: their prices would change their meaning"
            raise Refusal("shop.prices_exist", text, at=f"row.{changed[0]}", data={"kind": name})


def check_settings(row: SettingsRow, world: World) -> SettingsRow:
    """The rules of the one settings row: a real zone, valid identity, known currency, limits in order of days."""
    _check_zone(row.zone)
    _check_identity(row)
    if row.currency not in DECIMALS:
        raise Refusal("shop.unknown_currency", f"{row.currency} is not one of {sorted(DECIMALS)}", at="row.currency")
    if row.decimals != DECIMALS[row.currency]:
        raise Refusal("shop.wrong_decimals", f"{row.currency} has {DECIMALS[row.currency]} decimals", at="row.decimals")
    if row.modes and row.default_mode not in row.modes:
        raise Refusal("shop.mode_off", "the default sales mode is not on offer", at="row.default_mode")
    _check_dated(row.cash_limits, "cash_limits")
    _check_dated(row.meal_voucher_caps, "meal_voucher_caps")
    _check_prices_keep_meaning(row, world)
    return msgspec.structs.replace(row, modes=tuple(sorted(set(row.modes))))


def check_till(row: TillRow, world: World) -> TillRow:
    """A till's default sales mode is one that the shop offers."""
    settings: Any = world.row(SETTINGS, SETTINGS_ID) or _UNSET
    if row.default_mode is not None and settings.modes and row.default_mode not in settings.modes:
        raise Refusal("shop.mode_off", f"sales mode {row.default_mode} is not on offer", at="row.default_mode")
    return row


_UNSET = SettingsRow(name="-")

SETTINGS = Kind(
    name="settings",
    code=1,
    row=SettingsRow,
    permission="shop.write",
    prices=True,
    fiscal=True,
    references={"default_vat": "vat-rates", "logo": "logos"},
    rows_max=1,
    only_id=SETTINGS_ID,
    check=check_settings,
    example={
        "name": "Le Comptoir du Port",
        "legal_name": "Comptoir du Port SARL",
        "address": ["12 quai des Brumes", "29200 Brest"],
        "siret": "73282932000074",
        "naf": "56.30Z",
        "vat_number": "FR44732829320",
        "footer": ["Merci de votre visite"],
        "day_starts_minute": 300,
    },
)

TILLS = Kind(
    name="tills",
    code=2,
    row=TillRow,
    permission="shop.write",
    fiscal=True,
    references={"printer": "printers"},
    unique=("name",),
    rows_max=TILL_MAX,
    id_max=TILL_MAX,
    check=check_till,
    example={"name": "Bar", "float_in": 15_000, "default_mode": 2},
)
