"""A sealed ticket priced again: its basket from what was sealed, through the decision that prices sales today."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from engine.kernel.errors import Refusal
from engine.kernel.messages import Header
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, format_decimal
from engine.kernel.world import World, join_position
from engine.sales import views
from engine.sales.price_sale import PriceSale, answer_price
from engine.sales.receive_basket import PERCENT_PLACES
from engine.sales.records import Posted, Refunded
from engine.sales.refund_sale import refund_again
from engine_ext import canonical

SAME = "same"
DIFFERENT = "different"
UNKNOWN = "unknown"
DIFFERENCES_MAX = 20  # differences of one ticket that are told; beyond it the ticket is different all the same
CHOSEN = {"menus": "menu", "packs": "pack"}  # kinds that a till chooses by a button, and how a basket names them

Plain = Mapping[str, Any]
"""A record as its sealed bytes say it: a field that did not exist when it was sealed is not there."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a ticket (``lines[2].a``, by the line's id), as sealed and as it comes out now."""

    at: str
    sealed: Any
    now: Any


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of pricing a ticket again: ``verdict`` "same" (byte for byte), "different", or "unknown" where what was
    sealed is not enough to know what was asked (``why``); ``total`` is what it comes to now, None where unknown."""

    verdict: str
    why: str = ""
    total: int | None = None
    differences: tuple[Difference, ...] = ()
    now: Posted | Refunded | None = None


class NotEnough(Exception):
    """What was sealed does not say what the till had asked for."""


class Asked(NamedTuple):
    """A basket as it was asked for; ``guessed`` where an old ticket leaves open on which lines a discount stood."""

    body: dict[str, Any]
    guessed: bool


def basket_of(ticket: Plain, world: World) -> Asked:
    """The body of ``sales.price`` that led to a sealed sale; raises `NotEnough`."""
    added = {line for line, _ in ticket.get("auto", ())}
    entered = sorted((line for line in ticket["lines"] if line["id"] not in added), key=lambda line: int(line["id"]))
    if [line["id"] for line in entered] != list(range(1, len(entered) + 1)):
        raise NotEnough("its lines are not numbered from 1 without a gap")
    body: dict[str, Any] = {
        "lines": [_line(line) for line in entered],
        "mode": ticket["mode"],
        "receipt": ticket["asked"],
    }
    for name in ("note", "table", "covers", "zone"):
        if ticket.get(name):
            body[name] = ticket[name]
    if ticket.get("cust"):
        body["customer"] = ticket["cust"]["id"]
    if ticket.get("wo"):
        body["without"] = ticket["wo"]
    return Asked(body, _discounts(ticket, body, world))


def _line(line: Plain) -> dict[str, Any]:
    body: dict[str, Any] = {"quantity": format_decimal(line["q"], QUANTITY_PLACES)}
    if line["p"] is not None:
        body["product"] = line["p"]
    else:
        # A department's own name and one that the till gave are sealed alike, and come out alike.
        body["label"] = line["l"]
        if line["d"] is not None:
            body["department"] = line["d"]
    if line["typed"]:
        unit = line["u"] - sum(option["delta"] for option in line["o"])
        body["price"] = format_decimal(unit, UNIT_PRICE_PLACES)
    if line["o"]:
        body["options"] = [option["id"] for option in line["o"]]
    if line["n"] is not None:
        body["note"] = line["n"]
    return body


def _discounts(ticket: Plain, body: dict[str, Any], world: World) -> bool:
    """Gives the basket what the operator had given; whether any of it is a guess."""
    guessed = False
    subtotals: dict[int, dict[str, Any]] = {}
    menus: dict[int, list[dict[str, Any]]] = {}
    for index, step in enumerate(ticket["disc"]):
        given, kind = step.get("g"), step.get("k")
        if "g" not in step:
            guessed |= _old_step(step, index, ticket, body, subtotals)
        elif kind == "coupons":
            body.setdefault("coupons", []).append(_coupon(step["id"], world))
        elif given is None:
            continue  # a rule of the shop: it comes back by itself
        elif kind in CHOSEN:
            menus[given["at"]] = _choices(step, given)
        elif step["phase"] == 1:
            body["lines"][given["at"]]["discount"] = _figures(step, given, UNIT_PRICE_PLACES)
        else:
            subtotals[given["at"]] = _figures(step, given, None) | {"lines": given["lines"]}
    if subtotals:
        body["discounts"] = [subtotals[at] for at in sorted(subtotals)]
    if menus:
        body["menus"] = [choice for at in sorted(menus) for choice in menus[at]]
    return guessed


def _old_step(
    step: Plain, index: int, ticket: Plain, body: dict[str, Any], subtotals: dict[int, dict[str, Any]]
) -> bool:
    """A discount of a ticket that was sealed before what was typed was: a configured one stood on the lines that bear
    it, as far as anybody can tell, and whether that is so shows when the bytes are compared."""
    if step["id"] is None and step["phase"] in (1, 3):
        raise NotEnough(f"what the operator typed for {step['l']!r} was not sealed yet")
    bearing = [line["id"] for line in ticket["lines"] if any(which == index for which, _ in line["x"])]
    if step["phase"] == 1:
        for line in bearing:
            body["lines"][line - 1]["discount"] = {"id": step["id"]}
        return True
    if step["phase"] == 3:
        # Where it stands on every line none is named: so do lines that bear nothing of it because they come to 0.
        lines = [] if len(bearing) in (0, len(ticket["lines"])) else sorted(bearing)
        subtotals[len(subtotals)] = {"id": step["id"], "lines": lines}
        return True
    return False


def _figures(step: Plain, given: Plain, places: int | None) -> dict[str, Any]:
    """A configured discount by its id, else the figures that were typed; ``places`` None: amounts in minor units."""
    if step["id"] is not None:
        return {"id": step["id"]}
    body: dict[str, Any] = {"label": step["l"]}
    if given["fixed"] is not None:
        body["fixed"] = given["fixed"] if places is None else format_decimal(given["fixed"], places)
    if given["amount"]:
        body["amount"] = given["amount"] if places is None else format_decimal(given["amount"], places)
    if given["percent"] or len(body) == 1:
        body["percent"] = format_decimal(given["percent"], PERCENT_PLACES)
    return body


def _choices(step: Plain, given: Plain) -> list[dict[str, Any]]:
    """The choices of one menu or pack, whose lines were sealed one after the other."""
    lines, count = given["lines"], max(1, step["n"])
    size, rest = divmod(len(lines), count)
    if rest:
        raise NotEnough(f"the lines of {step['l']!r} do not fall into {count} choices")
    return [{CHOSEN[step["k"]]: step["id"], "lines": lines[at : at + size]} for at in range(0, len(lines), size)]


def _coupon(id: int, world: World) -> str:
    row = world.row(world.kinds["coupons"], id)
    if row is None:
        raise NotEnough(f"coupon {id} was not there any more")
    return str(row.code)


def replay_sale(ticket: Posted, plain: Plain, world: World) -> Replayed:
    """A sale priced again in ``world``, which stands where the sale stood."""
    try:
        asked = basket_of(plain, world)
    except NotEnough as why:
        return Replayed(verdict=UNKNOWN, why=str(why))
    try:
        answer = answer_price(msgspec.convert(asked.body, PriceSale, strict=False), world)
    except Refusal as error:
        if asked.guessed:
            return Replayed(verdict=UNKNOWN, why=f"it cannot be asked for as far as it is known: {error}")
        return Replayed(verdict=DIFFERENT, differences=(Difference(at="", sealed="sold", now=f"refused: {error}"),))
    fields = {name: getattr(answer, name) for name in Posted.__struct_fields__}
    for name in ("series", "no", "session", "legs", "due"):
        fields[name] = getattr(ticket, name)  # what is not pricing's
    found = _compared(plain, Posted(**fields))
    if found.verdict == DIFFERENT and asked.guessed:
        return Replayed(verdict=UNKNOWN, why="the lines of its discounts were not sealed yet", total=found.total)
    return found


def replay_refund(refund: Refunded, plain: Plain, position: int, world: World, stored: World) -> Replayed:
    """A refund computed again from the sale as sealed and what had been given back by then (pricing.md, Refunds);
    ``stored`` sees the shop's tickets as committed."""
    of = refund.of
    sale = views.sealed_ticket(stored, join_position(of.gen, of.seq)).rec[0]
    row = views.ticket_row(stored, of.series, of.no)
    if not isinstance(sale, Posted) or row is None:
        return Replayed(verdict=DIFFERENT, differences=(Difference(at="of", sealed=of.no, now="no such sale"),))
    already: dict[int, int] = {}
    for before, _ in views.later_row(stored, of.series, of.no, row).refunds:
        if before < position:
            for line in views.sealed_ticket(stored, before).rec[0].lines:
                if line.of is not None:
                    already[line.of] = already.get(line.of, 0) - line.q
    try:
        again = refund_again(refund, sale, already, world)
    except Refusal as error:
        return Replayed(verdict=DIFFERENT, differences=(Difference(at="", sealed="refunded", now=f"refused: {error}"),))
    return _compared(plain, again)


def _compared(plain: Plain, now: Posted | Refunded) -> Replayed:
    """The two compared in what the sealed one has: a field that came into being later is in no old bytes."""
    sealed = canonical.encode(plain)
    if canonical.encode(now) == sealed:
        return Replayed(verdict=SAME, total=now.total, now=now)
    trimmed = _trimmed(plain, msgspec.to_builtins(now))
    same = canonical.encode(trimmed) == sealed
    differences: list[Difference] = []
    if not same:
        for found in _differences("", plain, trimmed):
            differences.append(found)
            if len(differences) == DIFFERENCES_MAX:
                break
    verdict = SAME if same else DIFFERENT
    return Replayed(verdict=verdict, total=now.total, differences=tuple(differences), now=now)


def _trimmed(sealed: Any, now: Any) -> Any:
    if isinstance(sealed, dict) and isinstance(now, dict):
        return {name: _trimmed(sealed[name], value) for name, value in now.items() if name in sealed}
    if isinstance(sealed, list) and isinstance(now, (list, tuple)):
        kept = [_trimmed(old, new) for old, new in zip(sealed, now, strict=False)]
        return kept + list(now[len(sealed) :])
    return list(now) if isinstance(now, tuple) else now


def _differences(at: str, sealed: Any, now: Any) -> Iterator[Difference]:
    if isinstance(sealed, dict) and isinstance(now, dict):
        for name in sealed:
            place = f"{at}.{name}" if at else name
            yield from _differences(place, sealed[name], now.get(name))
    elif isinstance(sealed, list) and isinstance(now, list) and len(sealed) == len(now):
        for index, (old, new) in enumerate(zip(sealed, now, strict=True)):
            named = old.get("id", index) if at == "lines" and isinstance(old, dict) else index
            yield from _differences(f"{at}[{named}]", old, new)
    elif sealed != now:
        yield Difference(at=at, sealed=sealed, now=now)


class SealedTicket(Header, frozen=True, kw_only=True):
    """The entry of a ticket with its records as plain values, exactly as far as they were sealed."""

    rec: tuple[dict[str, Any], ...]


_PLAIN = msgspec.json.Decoder(SealedTicket)


def plain_records(data: bytes) -> tuple[dict[str, Any], ...]:
    """The records of an entry as its bytes say them."""
    return _PLAIN.decode(data).rec
