"""``catalogue.items``: products with everything that they inherit, page by page, so that a till loads its screen."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.catalogue import views
from engine.catalogue.kinds import OPTION_SETS, OPTION_STRIDE, PRODUCTS, OptionSetRow
from engine.catalogue.views import Item, Vat
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind
from engine.kernel.messages import INTEGER_MAX, Id, Query
from engine.kernel.money import QUANTITY_PLACES, format_decimal
from engine.kernel.world import CURRENT, World

PAGE_ITEMS_MAX = 500
LOOKED_ITEMS_MAX = 2_000  # products that one page may look at before it hands back a cursor


class ListItems(Query, frozen=True, kw_only=True, tag="catalogue.items"):
    """A page of products by id, all or of one department; ``after`` is the cursor that the page before gave."""

    department: Id | None = None
    after: Annotated[int, Meta(ge=0, le=INTEGER_MAX)] = 0
    limit: Annotated[int, Meta(ge=1, le=PAGE_ITEMS_MAX)] = PAGE_ITEMS_MAX


class VatOut(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT rate: its row and its percentage as a decimal string."""

    id: int
    percent: str


class ItemOut(msgspec.Struct, frozen=True, kw_only=True):
    """A product as a till shows and sells it; prices are decimal strings, ``mode_prices`` maps a sales mode to one.

    ``problem`` is a refusal code where the product cannot be sold (``catalogue.no_vat``), else null.
    """

    id: int
    version: int
    label: str
    key: str
    department: int | None
    price: str | None
    mode_prices: dict[int, str]
    vat: VatOut | None
    vat_on_site: VatOut | None
    discount: int | None
    option_sets: tuple[int, ...]
    barcodes: tuple[str, ...]
    unit: str | None
    position: int
    hidden: bool
    active: bool
    problem: str | None


class ChoiceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A choice: ``id`` is what a sale's line names."""

    id: int
    label: str
    delta: str
    ending: bool
    unavailable: bool


class ItemPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page: the products, the option sets that they ask, and the cursor of the next page (null at the end).

    ``configuration`` is the position of the last change of anything configured: while it stays, so does the screen.
    """

    items: tuple[ItemOut, ...]
    option_sets: dict[int, tuple[ChoiceOut, ...]]
    next: int | None
    configuration: int


def _live(world: World, kind: Kind, id: int) -> Any:
    row = world.row(kind, id)
    assert row is not None, f"{kind.name} {id} was listed but is not there"
    return row


def _choices(id: int, row: OptionSetRow) -> tuple[ChoiceOut, ...]:
    return tuple(
        ChoiceOut(
            id=id * OPTION_STRIDE + choice.id,
            label=choice.title,
            delta=str(choice.delta),
            ending=choice.ending,
            unavailable=choice.unavailable,
        )
        for choice in row.choices
    )


def _vat_out(vat: Vat | None) -> VatOut | None:
    return None if vat is None else VatOut(id=vat.id, percent=format_decimal(vat.rate, QUANTITY_PLACES))


def item_out(world: World, id: int) -> ItemOut:
    """A live product as a till shows it; what nobody can sell stays on the page with its problem."""
    row = _live(world, PRODUCTS, id)
    item: Item | None
    try:
        item, problem = views.item(world, id), None
    except Refusal as refusal:
        item, problem = None, refusal.code
    return ItemOut(
        id=id,
        version=world.version(PRODUCTS, id),
        label=row.title,
        key=row.short_title or row.title,
        department=row.department,
        price=None if row.price is None else str(row.price),
        mode_prices={entry.mode: str(entry.price) for entry in row.mode_prices},
        vat=None if item is None else _vat_out(item.vat),
        vat_on_site=None if item is None else _vat_out(item.vat_on_site),
        discount=None if item is None else item.discount,
        option_sets=() if item is None else item.sets,
        barcodes=row.barcodes,
        unit=row.unit,
        position=row.position,
        hidden=row.hidden,
        active=row.active,
        problem=problem,
    )


def answer_list_items(query: ListItems, world: World) -> ItemPage:
    """The products after the cursor; a page may be short, even empty, and still have a next one."""
    items: list[ItemOut] = []
    looked = last = 0
    scan = world.scan(CURRENT, PRODUCTS.code, after=(PRODUCTS.code, query.after), limit=LOOKED_ITEMS_MAX)
    for (_, id), _version in scan:
        looked, last = looked + 1, id
        if query.department is None or query.department == _live(world, PRODUCTS, id).department:
            items.append(item_out(world, id))
            if len(items) == query.limit:
                break
    more = len(items) == query.limit or looked == LOOKED_ITEMS_MAX
    asked = sorted({set_id for item in items for set_id in item.option_sets})
    return ItemPage(
        items=tuple(items),
        option_sets={id: _choices(id, _live(world, OPTION_SETS, id)) for id in asked},
        next=last if more else None,
        configuration=world.configuration,
    )
