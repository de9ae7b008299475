"""What people configure about rules that apply by themselves: to lines, and to the whole ticket (``autoPLU``)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.discounts.kinds_parts import (
    CONDITION_REFERENCES,
    ROWS_MAX,
    Conditioned,
    Ids,
    Percent,
    Priority,
    check_adjustment,
    check_conditions,
    minor_units,
    never,
    require_room,
    unique,
)
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, UnitPrice
from engine.kernel.messages import Id, Label
from engine.kernel.world import World

Stack = Annotated[str, Meta(min_length=1, max_length=40)]


class LineRuleRow(Conditioned, frozen=True, kw_only=True):
    """A discount or surcharge on each line of what it names, while its conditions hold (pricing.md, phase 1).

    ``percent`` first, then ``amount`` per unit, both signed; or a ``fixed`` unit price. ``products`` and
    ``departments`` say on which lines (none: on all), less those excepted. One rule a line: higher ``priority``, then
    the larger saving; rules of one ``stack`` add up.
    """

    title: Label
    percent: Percent | None = None
    amount: UnitPrice | None = None
    fixed: UnitPrice | None = None
    products: Ids = ()
    departments: Ids = ()
    except_products: Ids = ()
    except_departments: Ids = ()
    priority: Priority = 0
    stack: Stack | None = None
    active: bool = True


class AutomaticRow(Conditioned, frozen=True, kw_only=True):
    """A rule on the whole ticket (features.md, ``autoPLU``): while its conditions hold it adds at most one item
    (``product``, one or one ``per_cover``), then changes the sum at most once (``percent``, then ``amount``; signed).

    Rules apply by ``priority``, then id. What they add feeds no condition, their own included, so no rule can set off
    itself or another. A cashier with the right ``sales.remove_automatic`` may leave one out of a ticket.
    """

    title: Label
    product: Id | None = None
    per_cover: bool = False
    percent: Percent | None = None
    amount: UnitPrice | None = None
    priority: Priority = 0
    active: bool = True


def check_line_rule(row: LineRuleRow, world: World) -> LineRuleRow:
    """One benefit, lines that it can stand on, conditions that can hold at once."""
    require_room(row, world)
    if row.fixed is not None and (row.percent is not None or row.amount is not None):
        raise Refusal("discounts.fixed_excludes", "a fixed price excludes percent and amount", at="row.fixed")
    fixed = minor_units(row.fixed, "fixed", world, finer=True)
    figures = check_adjustment(row, world, finer=True)
    if fixed is None and figures["percent"] is None and figures["amount"] is None:
        raise Refusal("discounts.changes_nothing", "neither percent nor amount nor fixed price is given", at="row")
    if row.products and not row.departments and set(row.products) <= set(row.except_products):
        raise never("it leaves out every product that it names", "except_products")
    if row.departments and not row.products and set(row.departments) <= set(row.except_departments):
        raise never("it leaves out every department that it names", "except_departments")
    sets = ("products", "departments", "except_products", "except_departments")
    return msgspec.structs.replace(
        row,
        fixed=fixed,
        **figures,
        **check_conditions(row, world),
        **{field: unique(getattr(row, field)) for field in sets},
    )


def check_automatic(row: AutomaticRow, world: World) -> AutomaticRow:
    """Something to add or to change, an item with a price of its own, conditions that can hold at once."""
    require_room(row, world)
    figures = check_adjustment(row, world)
    if row.product is None and figures["percent"] is None and figures["amount"] is None:
        raise Refusal("discounts.changes_nothing", "the rule adds no item and changes no price", at="row")
    if row.per_cover and row.product is None:
        raise Refusal("discounts.missing_figure", "one per cover of what? name a product", at="row.product")
    found = None if row.product is None else world.row(world.kinds["products"], row.product)
    if found is not None and not found.active:
        raise never(f"product {row.product} is not for sale", "product")
    if found is not None and found.price is None:
        raise never(f"nobody types the price of product {row.product}, and it has none of its own", "product")
    if found is not None and getattr(found, "weighed", False):
        raise never(f"nobody weighs product {row.product}", "product")
    return msgspec.structs.replace(row, **figures, **check_conditions(row, world))


LINE_RULES = Kind(
    name="line-rules",
    code=21,
    row=LineRuleRow,
    permission="discounts.write",
    prices=True,
    references=CONDITION_REFERENCES
    | {
        "products": "products",
        "departments": "departments",
        "except_products": "products",
        "except_departments": "departments",
    },
    rows_max=ROWS_MAX,
    check=check_line_rule,
    example={
        "title": "Happy hour",
        "percent": "-20",
        "departments": [1],
        "from_minute": 1_020,
        "until_minute": 1_140,
    },
)

AUTOMATIC_RULES = Kind(
    name="automatic-rules",
    code=25,
    row=AutomaticRow,
    permission="discounts.write",
    prices=True,
    references=CONDITION_REFERENCES | {"product": "products"},
    rows_max=ROWS_MAX,
    check=check_automatic,
    example={"title": "Remise de groupe", "percent": "-10", "min_covers": 8},
)
