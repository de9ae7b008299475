"""What an endpoint is told: the body of one event in either format, made from sealed entries alone, so that every try
sends the same bytes."""

import hashlib
from typing import Any

import msgspec

from engine.cash.records import Closed, Opened
from engine.integrations.state import Job
from engine.kernel.messages import Header
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, format_decimal
from engine.kernel.public_proof import proof_path
from engine.kernel.world import World, split_position
from engine.sales import views as sales
from engine.sales.records import Line, Posted, Refunded
from engine.shop import views as shop

TICKET_EVENTS = frozenset({"validated", "terminated", "refunded"})


class SealedTill(Header, frozen=True, kw_only=True):
    """The entry of a till's opening or closing."""

    rec: tuple[Opened | Closed]


_TILL = msgspec.json.Decoder(SealedTill)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An event ready to be sent: its ``subject`` (events of one subject are sent in order) and its body."""

    subject: str
    body: str


def ends_here(world: World, job: Job, position: int) -> bool:
    """Whether the event stands: a refund that lowers what is due ends its sale only where nothing is due after it."""
    if job.event != "terminated" or not job.of:
        return True
    ticket = sales.sealed_ticket(world, job.of).rec[0]
    row = sales.ticket_row(world, ticket.series, ticket.no)
    assert row is not None, "a sealed ticket has no row"
    later = sales.later_row(world, ticket.series, ticket.no, row)
    due = ticket.due
    for place in later.payments:
        if place <= position:
            due -= sum(leg.counted + leg.rounding for leg in sales.sealed_payment(world, place).legs)
    due += sum(sales.sealed_ticket(world, place).rec[0].due for place, _ in later.refunds if place <= position)
    return not due


def told(world: World, job: Job, position: int, format: str, public_url: str) -> Told:
    """The event in the endpoint's format; ``public_url`` is the shop's own address, empty where it has none."""
    if job.event in TICKET_EVENTS:
        return _ticket(world, job, position, format, public_url)
    entry = sales.sealed(world, position)
    if job.event == "changed":
        subject = f"{job.kind}:{job.id}"
        data: dict[str, Any] = {"kind": job.kind, "id": job.id, "version": position, "removed": job.removed}
        body = {"type": "changed", **data} if format == "reference" else _standard("changed", entry.at, data)
        return Told(subject=subject, body=_json(body))
    return _till(world, job, position, format, public_url)


def leaf(world: World, position: int) -> str:
    """The leaf of an entry in hex, hashed from its bytes (journal.md, Seal)."""
    return hashlib.sha256(b"\0" + sales.entry_bytes(world, position)).hexdigest()


def _json(body: dict[str, Any]) -> str:
    return msgspec.json.encode(body).decode()


def _standard(type: str, at: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": type, "timestamp": at, "data": data}


def _proof(world: World, position: int, public_url: str) -> str | None:
    if not public_url:
        return None
    return f"{public_url}{proof_path(sales.sealed(world, position), leaf(world, position))}"


def _ticket(world: World, job: Job, position: int, format: str, public_url: str) -> Told:
    at = sales.sealed(world, position).at
    of = job.of or position
    entry = sales.sealed_ticket(world, of)
    ticket = entry.rec[0]
    due = max(0, ticket.due) if job.event == "validated" else 0
    owner = ticket.of if isinstance(ticket, Refunded) else ticket
    subject = f"ticket:{owner.series}:{owner.no}"
    if format == "reference":
        return Told(subject=subject, body=_json(_reference(world, job.event, entry, of, public_url)))
    gen, seq = split_position(of)
    data = {
        "order_id": of,
        "fiscal_number": ticket.no,
        "gen": gen,
        "seq": seq,
        "at": entry.at,
        "till": entry.till,
        "operator": entry.op,
        "is_refund": isinstance(ticket, Refunded),
        "due": due,
        "leaf": leaf(world, of),
        "proof_url": _proof(world, of, public_url),
        "ticket": msgspec.to_builtins(ticket),
    }
    return Told(subject=subject, body=_json(_standard(job.event, at, data)))


def _reference(world: World, event: str, entry: sales.SealedTicket, of: int, public_url: str) -> dict[str, Any]:
    """The flat body of the reference (features.md, ``webhook``): ``orderID`` is the accounting number there.

    Clients do not exist yet and the PDF neither: their fields are null. Creation, validation and value date are one.
    """
    ticket = entry.rec[0]
    return {
        "type": event,
        "orderID": ticket.no,
        "orderInternalID": of,
        "creationDate": entry.at,
        "validationDate": entry.at,
        "valueDate": entry.at,
        "price": format_money(ticket.total, ticket.dec),
        "clientID": None,
        "client": None,
        "cashBoxID": entry.till,
        "deliveryMethod": ticket.mode,
        "PDFinvoice": None,
        "items": [_item(line, ticket) for line in ticket.lines],
        "VATs": [
            {
                "id": rate.c,
                "rate": format_decimal(rate.r, QUANTITY_PLACES),
                "amount": format_money(rate.v, ticket.dec),
                "price": format_money(rate.g, ticket.dec),
            }
            for rate in ticket.rates
        ],
        "VAT": format_money(sum(rate.v for rate in ticket.rates), ticket.dec),
        "isRefund": isinstance(ticket, Refunded),
        "signatureVerificationURL": _proof(world, of, public_url),
    }


def _item(line: Line, ticket: Posted | Refunded) -> dict[str, Any]:
    return {
        "id": line.p,
        "deptID": line.d,
        "title": line.l,
        "quantity": format_decimal(line.q, QUANTITY_PLACES),
        "unitPrice": format_decimal(line.u, UNIT_PRICE_PLACES),
        "price": format_money(line.a, ticket.dec),
        "vatRate": format_decimal(ticket.rates[line.r].r, QUANTITY_PLACES),
        "variations": [{"id": option.id, "title": option.l} for option in line.o],
        "comment": line.n,
    }


def _till(world: World, job: Job, position: int, format: str, public_url: str) -> Told:
    entry = _TILL.decode(sales.entry_bytes(world, position))
    record = entry.rec[0]
    subject = f"till:{entry.till}"
    if format == "standard":
        data = {"till": entry.till, "operator": entry.op, "record": msgspec.to_builtins(record)}
        data["leaf"] = leaf(world, position)
        data["proof_url"] = _proof(world, position, public_url)
        return Told(subject=subject, body=_json(_standard(job.event, entry.at, data)))
    body: dict[str, Any] = {"type": job.event}
    if isinstance(record, Closed):
        body |= {
            "Total": format_money(record.turnover, shop.settings(world).decimals),
            "opened": record.opened,
            "closed": entry.at,
            "signatureVerificationURL": _proof(world, position, public_url),
        }
    return Told(subject=subject, body=_json(body))


def format_money(minor: int, decimals: int) -> str:
    """Minor units as the reference writes them: major units with all decimals of the currency ("12.50")."""
    if not decimals:
        return str(minor)
    whole, part = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{decimals}}"


def shop_of(world: World, position: int) -> str:
    """The id of the shop, as the entry says."""
    return sales.sealed(world, position).shop
