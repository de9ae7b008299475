"""``catalogue.by_barcode``: what a scanned code sells."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.catalogue import views
from engine.catalogue.list_items import ItemOut, item_out
from engine.kernel.messages import Query
from engine.kernel.world import World

CODE_CHARACTERS_MAX = 64


class FindBarcode(Query, frozen=True, kw_only=True, tag="catalogue.by_barcode"):
    """Which product is this scanned or typed code?"""

    code: Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The product as a till shows it, or null where nobody holds the code: the till then offers to make a new one."""

    item: ItemOut | None


def answer_find_barcode(query: FindBarcode, world: World) -> Found:
    """The product that holds the code, active or not: the till says why it cannot be sold."""
    id = views.by_barcode(world, query.code)
    return Found(item=None if id is None else item_out(world, id))
