"""``printing.receipt``: the receipt of a ticket as text, as it was handed over or as its next copy will be."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.catalogue.kinds import PRODUCTS, VAT_RATES, ProductRow
from engine.customers.kinds import CUSTOMERS
from engine.delivery.kinds import TABLES, ZONES
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind
from engine.kernel.messages import Query
from engine.kernel.world import VERSIONS, World, join_position
from engine.ports.layout import WIDTH_MAX, WIDTH_MIN
from engine.ports.printer import Document
from engine.printing import views
from engine.printing.kinds import LOGOS
from engine.printing.render_text import WIDTH_DEFAULT, to_text
from engine.printing.views_texts import Language
from engine.sales import views as sales
from engine.sales.records import Copied, Paid, Posted, Refunded
from engine.shop.kinds import SETTINGS, SETTINGS_ID, TILLS, SettingsRow
from engine.staff.kinds import OPERATORS

MARGIN_ARTICLES = "CGI art. 297 A, directive 2006/112/CE"
MARGIN_WORDS = {
    "used-goods": "Biens d'occasion",
    "art": "Objets d'art",
    "collectibles": "Objets de collection et d'antiquité",
    "travel": "Agences de voyages",
}
"""Goods under the margin scheme, as a receipt must name them (CGI ann. II art. 242 nonies A, I-16° and 17°)."""

EXEMPT_MENTIONS = {
    "exempt": ("Exonération de TVA - justificatif n° {proof}",),
    "intra-eu": ("Exonération de TVA, article 262 ter, I du CGI", "N° TVA du client : {proof}"),
}
"""What a ticket without VAT says: why, and the number that it rests on."""


class AskReceipt(Query, sales.TicketName, frozen=True, kw_only=True, tag="printing.receipt"):
    """The receipt of a ticket, named by its number (and series) or by its entry (``gen``, ``seq``).

    ``copy``: 0 the original, n the duplicate that ``sales.copy`` sealed under this number, null the last output that
    there was: the last duplicate, else the original where the sale asked for one, else a preview that says so.
    Where the shop's settings of that time name no address, its server's own leads to the proof.
    """

    copy: Annotated[int, Meta(ge=0, le=sales.EVENTS_MAX)] | None = None
    language: Language = "fr"
    width: Annotated[int, Meta(ge=WIDTH_MIN, le=WIDTH_MAX)] = WIDTH_DEFAULT


class ReceiptShown(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt: which output it is (``issue``, ``copy``), as a document and as text."""

    issue: str
    copy: int
    document: Document
    text: str


def answer_receipt(query: AskReceipt, world: World) -> ReceiptShown:
    """The receipt from the sealed ticket and from the configuration as it stood then."""
    name = sales.AskTicket(no=query.no, series=query.series, gen=query.gen, seq=query.seq)
    shown = sales.answer_ticket(name, world)
    issue, copy, until = _issue(query.copy, shown)
    position = join_position(shown.gen, shown.seq)
    till = _row_then(world, TILLS, shown.till, position)
    operator = _row_then(world, OPERATORS, shown.operator, position)
    ticket = shown.ticket
    settings = _row_then(world, SETTINGS, SETTINGS_ID, position) or SettingsRow(name="-")
    if settings.public_address is None and world.surroundings.public_url:
        settings = msgspec.structs.replace(settings, public_address=world.surroundings.public_url)
    logo = None if settings.logo is None else _row_then(world, LOGOS, settings.logo, position)
    products = _products(ticket, world)
    facts = views.Facts(
        gen=shown.gen,
        seq=shown.seq,
        at=shown.at,
        till=shown.till,
        till_name="" if till is None else till.name,
        till_text=() if till is None else till.ticket_text,
        operator=f"{shown.operator}" if operator is None else operator.alias,
        training=shown.training,
        software=shown.software,
        proof_path=shown.proof_path,
        issue=issue,
        copy=copy,
        units={id: row.unit for id, row in products.items() if row.unit},
        weighed=frozenset(id for id, row in products.items() if row.weighed),
        weights={id: row.weight for id, row in products.items() if row.weight},
        customer="" if ticket.cust is None else world.row_at(CUSTOMERS, ticket.cust.id, ticket.cust.pv).title,
        table=_title_then(world, TABLES, ticket.table, position),
        zone=_title_then(world, ZONES, ticket.zone, position),
        mentions=_mentions(ticket, world, position),
        later=_later(shown, until),
        logo=None if logo is None else logo.image(),
    )
    document = views.receipt(facts, ticket, settings, bytes.fromhex(shown.leaf), language=query.language)
    return ReceiptShown(issue=issue, copy=copy, document=document, text=to_text(document, query.width))


def _issue(copy: int | None, shown: sales.TicketShown) -> tuple[views.Issue, int, int]:
    """Which output this is, its number, and the position up to which it knows what happened later."""
    numbers = {later.record.copy: later for later in shown.copies if isinstance(later.record, Copied)}
    asked = shown.ticket.asked
    if copy is None:
        copy = max(numbers, default=0)
        if not copy and not asked:
            return "preview", 0, join_position(shown.gen + 1, 0)
    if copy == 0:
        if not asked:
            raise Refusal(
                "printing.not_asked",
                "no receipt was asked for with the sale; what is printed now is a sealed copy (sales.copy)",
                at="copy",
            )
        return "original", 0, join_position(shown.gen, shown.seq)
    if copy not in numbers:
        text = f"copy {copy} of ticket {shown.ticket.no} was not sealed; there are {len(numbers)}"
        raise Refusal("printing.no_such_copy", text, at="copy", data={"copies": len(numbers)})
    return "duplicate", copy, join_position(numbers[copy].gen, numbers[copy].seq)


def _later(shown: sales.TicketShown, until: int) -> tuple[views.Payment, ...]:
    """Payments sealed before this output: the same copy printed again tells the same."""
    return tuple(
        views.Payment(at=later.at, legs=later.record.legs)
        for later in shown.payments
        if isinstance(later.record, Paid) and join_position(later.gen, later.seq) < until
    )


def _row_then(world: World, kind: Kind, id: int, position: int) -> Any:
    """The row of a kind as it stood at a position, or None where there was none."""
    for (_, _, version), stored in world.scan(
        VERSIONS, kind.code, id, after=(kind.code, id, position), reverse=True, limit=1
    ):
        return world.row_at(kind, id, version) if stored else None
    return None


def _title_then(world: World, kind: Kind, id: int | None, position: int) -> str:
    """The title of a row as it stood at a position; empty where the ticket names none."""
    row = None if id is None else _row_then(world, kind, id, position)
    return "" if row is None else row.title


def _products(ticket: Posted | Refunded, world: World) -> dict[int, ProductRow]:
    """By line, the very version of each product that priced it."""
    return {
        line.id: world.row_at(PRODUCTS, line.p, line.pv)
        for line in ticket.lines
        if line.p is not None and line.pv is not None
    }


def _mentions(ticket: Posted | Refunded, world: World, position: int) -> tuple[str, ...]:
    """The legal sentences of the rates used and of their schemes, each once; the law's own words, so in French."""
    rows = [_row_then(world, VAT_RATES, rate.c, position) for rate in ticket.rates]
    found = [row.mention for row in rows if row is not None and row.mention]
    for rate, row in zip(ticket.rates, rows, strict=True):
        if rate.s == views.MARGIN:
            goods = MARGIN_WORDS[row.margin if row is not None and row.margin else "used-goods"]
            found.append(f"Régime particulier - {goods} ({MARGIN_ARTICLES})")
    cust = ticket.cust
    if cust is not None and any(rate.s == cust.tax for rate in ticket.rates):
        found += [line.format(proof=cust.proof) for line in EXEMPT_MENTIONS[cust.tax]]
    return tuple(dict.fromkeys(found))
