"""``getSales.php``, ``getOrders.php`` and ``getOrder.php``: what was sold, as the reference lists it."""

import datetime
import zoneinfo
from typing import Any, NamedTuple

from server.legacy.context import POSITION_SHIFT, Context, Problem, Reply, ask, find, not_yet, pages, place_of
from server.legacy.form import Form, major, shortest
from server.legacy.record_sale import require_order
from server.legacy.reply import as_json, as_table

TICKETS_MAX = 5_000  # of one report
DAYS_MAX = 366
SERIES_MAX = 31  # one per generation of the log
RATE_PLACES = 3
UNIT_PLACES = 4
MODE_MAX = 6
MS = 1_000

FORMATS_NOT_YET = ("PDF", "XLS", "frafec", "saft")
COLUMNS = (
    "fiscal_number",
    "orderID",
    "date",
    "cashBoxID",
    "userID",
    "deliveryMethod",
    "isRefund",
    "price",
    "VAT",
    "due",
    "items",
    "VATs",
    "payments",
)

Row = dict[str, Any]


class _Calendar(NamedTuple):
    """The shop's zone, the minute its days begin, and the decimals of its money."""

    zone: zoneinfo.ZoneInfo
    starts_minute: int
    decimals: int

    def today(self, now_ms: int) -> datetime.date:
        moment = datetime.datetime.fromtimestamp(now_ms // MS, self.zone)
        return (moment - datetime.timedelta(minutes=self.starts_minute)).date()


def _calendar(context: Context) -> _Calendar:
    row = find(context, "settings.get", {"id": 1}) or {}
    zone = zoneinfo.ZoneInfo(row.get("zone", "Europe/Paris"))
    return _Calendar(zone, row.get("day_starts_minute", 0), row.get("decimals", 2))


def report_sales(form: Form, context: Context) -> Reply:
    """The tickets of a day (yesterday where none is named), a month or a year, with a line of totals: as a page
    (``Std``) or for a spreadsheet (``CSV``)."""
    format = form.text("formatExport") or "Std"
    if format in FORMATS_NOT_YET:
        raise not_yet(f"Le rapport au format {format}")
    if format not in ("Std", "CSV"):
        raise Problem("formatExport : Std, PDF, XLS, CSV, frafec ou saft", "legacy.bad_format")
    calendar = _calendar(context)
    days = _period(form, calendar.today(context.now_ms()))
    rows = []
    for listed in reversed(_tickets(context, days)):
        order = _order(require_order(context, _position(listed)), calendar.decimals)
        rows.append(order | {"date": order["validationDate"]})
    total = {
        "fiscal_number": "Total",
        "price": major(sum(_minor(row["price"]) for row in rows), calendar.decimals),
        # The tax of a period is the sum of what its tickets say, never computed from totals (features.md 0.1).
        "VAT": major(sum(_minor(row["VAT"]) for row in rows), calendar.decimals),
        "due": major(sum(_minor(row["due"]) for row in rows), calendar.decimals),
    }
    return as_table([*rows, total], COLUMNS, "html" if format == "Std" else "csv")


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


def _period(form: Form, today: datetime.date) -> list[datetime.date]:
    day, month, year = form.whole("d"), form.whole("m"), form.whole("y")
    if day is None and month is None and year is None:
        return [today - datetime.timedelta(days=1)]
    try:
        year = today.year if year is None else year
        if day is not None:
            return [datetime.date(year, today.month if month is None else month, day)]
        first = datetime.date(year, 1 if month is None else month, 1)
        last = datetime.date(year + 1, 1, 1) if month is None else _next_month(first)
    except (ValueError, OverflowError):
        raise Problem("d, m, y : ce jour n'existe pas", "legacy.bad_day") from None
    count = (min(last, today + datetime.timedelta(days=1)) - first).days
    return [first + datetime.timedelta(days=number) for number in range(count)]


def _next_month(first: datetime.date) -> datetime.date:
    return (first + datetime.timedelta(days=31)).replace(day=1)


def _tickets(context: Context, days: list[datetime.date]) -> list[Row]:
    """The tickets of these business days, newest first, in every series that the shop has numbered in."""
    used = [
        number
        for number in range(SERIES_MAX)
        if ask(context, "sales.tickets", {"series": number, "limit": 1})["tickets"]
    ]
    found: list[Row] = []
    for day in reversed(days):
        for series in reversed(used):
            asked = {"series": series, "day": day.isoformat(), "limit": 200}
            found += pages(context, "sales.tickets", asked, rows="tickets", cursor="before", most=TICKETS_MAX)
        if len(found) > TICKETS_MAX:
            text = f"Plus de {TICKETS_MAX} commandes : demandez une période plus courte"
            raise Problem(text, "legacy.too_many")
    return found


def list_orders(form: Form, context: Context) -> Reply:
    """Validated orders of a period (today where none is named), newest first, if wanted of one sales mode."""
    if form.flag("validatedOrders") is False:
        raise not_yet("Les devis (validatedOrders=false)")
    calendar = _calendar(context)
    now = datetime.datetime.fromtimestamp(context.now_ms() // MS, calendar.zone)
    start = _moment(form, "from_date_ISO8601", calendar) or datetime.datetime.combine(
        calendar.today(context.now_ms()), datetime.time(0), calendar.zone
    ) + datetime.timedelta(minutes=calendar.starts_minute)
    end = _moment(form, "to_date_ISO8601", calendar) or now
    mode = form.whole("filterDeliveryMethod")
    if mode is not None and not 0 <= mode <= MODE_MAX:
        raise Problem(f"filterDeliveryMethod : de 0 à {MODE_MAX}", "legacy.bad_number")
    first = start.astimezone(calendar.zone).date() - datetime.timedelta(days=1)
    count = (end.astimezone(calendar.zone).date() - first).days + 1
    if count > DAYS_MAX + 1:
        raise Problem(f"Période de plus de {DAYS_MAX} jours", "legacy.too_many")
    days = [first + datetime.timedelta(days=number) for number in range(count)]
    since, until = int(start.timestamp() * MS), int(end.timestamp() * MS)
    orders = [
        _listed(listed, calendar)
        for listed in _tickets(context, days)
        if since <= listed["at_ms"] <= until and mode in (None, listed["mode"])
    ]
    return as_json(orders)


def _moment(form: Form, name: str, calendar: _Calendar) -> datetime.datetime | None:
    text = form.text(name)
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"{name} : {text!r} n'est pas une date ISO 8601", "legacy.bad_day") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)


def show_order(form: Form, context: Context) -> Reply:
    """One order with its lines, rates and payments; ``order_id`` is the internal id."""
    order = form.whole("order_id", "orderID")
    if order is None or order < 0:
        raise Problem("order_id : l'identifiant de la commande manque", "legacy.no_order")
    return as_json(_order(ask(context, "sales.ticket", place_of(order)), _calendar(context).decimals))


def _position(listed: Row) -> int:
    position: int = listed["gen"] << POSITION_SHIFT | listed["seq"]
    return position


def _listed(listed: Row, calendar: _Calendar) -> Row:
    """An order of a list: ``orderID`` is the internal id, as in the calls that record and edit (features.md 0.1)."""
    order = _position(listed)
    at = datetime.datetime.fromtimestamp(listed["at_ms"] / MS, calendar.zone).isoformat(timespec="milliseconds")
    return {
        "orderID": order,
        "orderInternalID": order,
        "order_id": order,
        "fiscal_number": listed["no"],
        "creationDate": at,
        "validationDate": at,
        "valueDate": at,
        "price": major(listed["total"], calendar.decimals),
        "due": major(listed["due"], calendar.decimals),
        "terminated": not listed["due"],
        "cashBoxID": listed["till"],
        "userID": listed["operator"],
        "deliveryMethod": listed["mode"],
        "isRefund": listed["refund"],
    }


def _order(shown: Row, decimals: int) -> Row:
    ticket = shown["ticket"]
    order = shown["gen"] << POSITION_SHIFT | shown["seq"]
    places = ticket["dec"]
    rates = ticket["rates"]
    legs = [*ticket["legs"], *(leg for later in shown["payments"] for leg in later["record"]["legs"])]
    return {
        "orderID": order,
        "orderInternalID": order,
        "order_id": order,
        "fiscal_number": ticket["no"],
        "creationDate": shown["at"],
        "validationDate": shown["at"],
        "valueDate": shown["at"],
        "price": major(ticket["total"], places),
        "due": major(shown["due"], places),
        "terminated": not shown["due"],
        "cashBoxID": shown["till"],
        "userID": shown["operator"],
        "deliveryMethod": ticket["mode"],
        "isRefund": ticket["is"] == "sales.refunded",
        "publicComment": ticket["note"],
        "items": [_item(line, rates, places) for line in ticket["lines"]],
        "VATs": [
            {"id": rate["c"], "rate": shortest(rate["r"], RATE_PLACES), "amount": major(rate["v"], places)}
            for rate in rates
        ],
        "VAT": major(sum(rate["v"] for rate in rates), places),
        "payments": [{"id": leg["mode"], "title": leg["l"], "amount": major(leg["counted"], places)} for leg in legs],
    }


def _item(line: Row, rates: list[Row], places: int) -> Row:
    return {
        "id": line["p"],
        "deptID": line["d"],
        "title": line["l"],
        "quantity": shortest(line["q"], RATE_PLACES),
        "unitPrice": shortest(line["u"], UNIT_PLACES),
        "price": major(line["a"], places),
        "vatRate": shortest(rates[line["r"]]["r"], RATE_PLACES),
        "variations": [{"id": option["id"], "title": option["l"]} for option in line["o"]],
        "comment": line["n"],
    }
