"""Which price rows each product has, so that a sale never looks at those of another."""

from engine.catalogue.kinds_prices import PRICES, PriceRow
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.tables import Table
from engine.kernel.world import Folding

PRICES_OF = Table("catalogue.prices_of", b"cp", ">QQQ", bool, db="rows")
"""(product, customer or 0, price row): the row speaks of them. Contracts stand apart, because there are many."""

PLACES = Table("catalogue.price_places", b"cq", ">Q", tuple[int, int], db="rows")
"""Price row -> its (product, customer or 0), to find the row above again."""


def fold_price_put(record: RowPut, folding: Folding) -> None:
    """A price row stands under its product, and no longer under the one it named before."""
    if record.kind != PRICES.name:
        return
    product, customer = _place(record)
    _forget(record.id, folding)
    folding.put(PRICES_OF, True, product, customer, record.id)
    folding.put(PLACES, (product, customer), record.id)


def fold_price_removed(record: RowRemoved, folding: Folding) -> None:
    """A price row that is gone stands nowhere."""
    if record.kind == PRICES.name:
        _forget(record.id, folding)
        folding.delete(PLACES, record.id)


def _place(record: RowPut) -> tuple[int, int]:
    row = record.row
    if isinstance(row, PriceRow):
        return row.product, row.customer or 0
    return row["product"], row.get("customer") or 0


def _forget(id: int, folding: Folding) -> None:
    before = folding.get(PLACES, id)
    if before is not None:
        folding.delete(PRICES_OF, *before, id)
