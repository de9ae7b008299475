"""A basket priced against a book that are both JSON, without any shop: for support, auditors and tests."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.features import FEATURES, Posted, PriceSale, answer_price
from engine.kernel.bare_shop import BareShop, put_all
from engine.kernel.clock import parse_ms
from engine.kernel.errors import Refusal
from engine.kernel.joined import Joined, normal_body
from engine.kernel.kinds import Row
from engine.kernel.messages import INTEGER_MAX, Id, TillId
from engine.kernel.version import VERSION
from engine.shop.kinds import Day, parse_day

INPUT_BYTES_MAX = 16 << 20
BOOK_ROWS_MAX = 20_000  # rows of one book, all kinds together
ID_PATTERN = "^[1-9][0-9]{0,15}$"
SCHEMA = "https://json-schema.org/draft/2020-12/schema"
REFS = "#/$defs/{name}"

Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$")]
"""A moment as RFC 3339 writes it, with its offset."""


class Context(Row, frozen=True, kw_only=True):
    """Where and when the basket is priced.

    ``till`` sells; with an ``operator`` his rights count, as the book's row of him says, without one nobody's do;
    ``at`` is the moment (default: now) and ``day`` the business day (default: the one of the moment).
    """

    till: TillId = 1
    operator: Id | None = None
    at: Moment | None = None
    day: Day | None = None


class PriceInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book (by kind and id, the rows that an export or ``<kind>.list`` shows), a basket (the body of
    ``sales.price``), and the context."""

    basket: msgspec.Raw
    book: dict[str, dict[str, msgspec.Raw]] = {}
    context: Context = Context()


def price_apart(data: bytes, now_ms: int, *, features: Joined = FEATURES) -> Posted:
    """The would-be ticket, priced by the decision behind ``sales.price``; series and number are 0.

    Raises `Refusal` whose ``at`` names the book's row or the basket's field (``book.products[3].price``,
    ``basket.lines[0].product``).
    """
    if len(data) > INPUT_BYTES_MAX:
        raise Refusal("price.too_large", f"the input has {len(data)} bytes, at most {INPUT_BYTES_MAX} are read")
    given = _read(data)
    shop = BareShop(features)
    put_all(shop, features.kinds, _rows(given, features))
    context = given.context
    try:
        at_ms = now_ms if context.at is None else parse_ms(context.at)
    except ValueError as error:
        raise Refusal("price.bad_moment", f"{context.at} is no moment: {error}", at="context.at") from error
    day = None if context.day is None else parse_day(context.day, "context.day")
    shop.stand(at_ms, till=context.till, operator=context.operator or 0, day=day)
    shop.world.rights_settled = context.operator is None
    try:
        query = features.decode_query("sales.price", bytes(given.basket))
        assert isinstance(query, PriceSale), "the table has another query of this name"
        answer = answer_price(query, shop.world)
    except Refusal as error:
        place = f"basket.{error.at}" if error.at else "basket"
        raise Refusal(error.code, error.text, at=place, data=error.data) from error
    return answer


def _read(data: bytes) -> PriceInput:
    try:
        return msgspec.json.decode(normal_body(data), type=PriceInput)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `")
        raise Refusal("kernel.bad_request", text, at=place.rstrip("`").removeprefix("$.") or None) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal("kernel.bad_request", f"the input is not JSON: {error}") from error


def _rows(given: PriceInput, features: Joined) -> dict[str, dict[int, bytes]]:
    rows: dict[str, dict[int, bytes]] = {}
    for name, those in given.book.items():
        if name not in features.kinds:
            raise Refusal("price.unknown_kind", f"there is no kind {name!r}", at=f"book.{name}")
        found = rows[name] = {}
        for key, row in those.items():
            id = int(key) if key.isascii() and key.isdigit() and len(key) <= len(str(INTEGER_MAX)) else 0
            if not 1 <= id <= INTEGER_MAX or str(id) != key:
                raise Refusal("kernel.bad_row_id", f"{key!r} is no id", at=f"book.{name}")
            found[id] = bytes(row)
    count = sum(map(len, rows.values()))
    if count > BOOK_ROWS_MAX:
        raise Refusal("price.too_large", f"the book has {count} rows, the limit is {BOOK_ROWS_MAX}", at="book")
    return rows


def price_schema(features: Joined = FEATURES) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `price_apart` reads, made from the types that read it."""
    kinds = features.kinds
    query = features.queries["sales.price"].type
    types = [Context, query, *(kind.row for kind in kinds.values())]
    refs, parts = msgspec.json.schema_components(types, ref_template=REFS)
    basket = parts[refs[1]["$ref"].rpartition("/")[2]]
    # The tag tells queries apart on a wire that carries many kinds of them; here there is one.
    basket["properties"].pop("ask", None)
    basket["required"] = [name for name in basket.get("required", ()) if name != "ask"]
    book = {
        name: {
            "type": "object",
            "propertyNames": {"pattern": ID_PATTERN},
            "additionalProperties": refs[2 + place],
            "description": f"Rows of {name} by id.",
        }
        for place, name in enumerate(kinds)
    }
    return {
        "$schema": SCHEMA,
        "$id": f"urn:guichet:{VERSION}:price",
        "title": "guichet price",
        "description": f"At most {INPUT_BYTES_MAX} bytes and {BOOK_ROWS_MAX} rows.",
        "type": "object",
        "properties": {
            "book": {"type": "object", "properties": book, "additionalProperties": False},
            "basket": refs[1],
            "context": refs[0],
        },
        "required": ["basket"],
        "additionalProperties": False,
        "$defs": parts,
    }
