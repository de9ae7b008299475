"""The rules that a basket is priced under: the shop's book, the moment, what was chosen, shown and left out."""

from typing import NamedTuple

import msgspec

from engine.customers import views as customers
from engine.customers.kinds import CUSTOMERS
from engine.discounts import views_coupons
from engine.discounts.kinds import DISCOUNTS
from engine.discounts.kinds_rules import AUTOMATIC_RULES
from engine.discounts.kinds_units import MENUS, PACKS
from engine.discounts.views_book import Automatic, Redeemed, Rule, reference
from engine.kernel.errors import Refusal
from engine.kernel.messages import Record
from engine.kernel.world import World
from engine.sales.choose_price import chosen_price
from engine.sales.draft_basket import LINE_IDS, Draft, Ready, need, ready_item
from engine.sales.receive_basket import Basket, ChosenIn
from engine.sales.records import Given
from engine.shop import views as shop
from engine_ext.basket import BasketLine
from engine_ext.book import ADDED_PREFIX, AddedItem, Book, CustomerDiscount
from engine_ext.conditions import Context
from engine_ext.patterns import ChosenMenu
from engine_ext.pricing import Priced

CUSTOMER_REF = "customer"
BOOKS_MAX = 1_000  # books kept with their added items; beyond it they are made afresh


class Added(NamedTuple):
    """An item that a rule may add: the product, the rule, and the price row that gave its price (0: none did)."""

    ready: Ready
    rule: int
    listed: int


class Terms(NamedTuple):
    """The rules as pricing takes them; ``names`` tells whose a reference is, ``added`` holds by its line id the item
    that a rule may add, ``given`` the menus chosen, in order; ``customer`` is his own discount."""

    book: Book
    context: Context
    menus: tuple[ChosenMenu, ...]
    customer: CustomerDiscount | None
    coupons: tuple[Redeemed, ...]
    removed: tuple[str, ...]
    names: dict[str, Rule]
    added: dict[str, Added]
    given: list[tuple[str, Given]]


NO_BOOK = Book()


def draft_terms(basket: Basket, made: Draft, world: World) -> Terms | None:
    """What the basket is priced under besides its own lines and discounts; None where the shop has nothing of it."""
    found = made.shelf.rules
    if basket.without:
        need(world, "sales.remove_automatic", "without")
    buyer = made.buyer.customer
    own = None if buyer is None else buyer.discount
    if found is None and own is None and not basket.menus and not basket.coupons:
        return None
    names = {} if found is None else found.names
    given: list[tuple[str, Given]] = []
    menus = tuple([_chosen(chosen, index, made, given) for index, chosen in enumerate(basket.menus)])
    coupons = _coupons(basket, world)
    if coupons:
        names = names | {each.ref: Rule("coupons", each.id, each.version, each.row.title) for each in coupons}
    if own is not None:
        kind = CUSTOMERS.name if own.own else DISCOUNTS.name
        names = names | {CUSTOMER_REF: Rule(kind, own.id, own.version, own.label)}
    added: dict[str, Added] = {}
    return Terms(
        book=_book(made, world, added),
        context=_context(made, world),
        menus=menus,
        customer=None if own is None else _customer(own),
        coupons=coupons,
        removed=tuple([reference(AUTOMATIC_RULES, id) for id in sorted(set(basket.without))]),
        names=names,
        added=added,
        given=given,
    )


def _customer(own: customers.CustomerDiscount) -> CustomerDiscount:
    return CustomerDiscount(CUSTOMER_REF, version=own.version, percent=own.percent, amount=own.amount)


def _context(made: Draft, world: World) -> Context:
    basket, buyer = made.basket, made.buyer.customer
    return Context(
        mode=made.mode,
        groups=() if buyer is None or buyer.group is None else (buyer.group,),
        table=basket.table or 0,
        till=world.actor.till,
        covers=basket.covers,
        zone=basket.zone or 0,
        weekday=shop.weekday(world),
        minute=shop.minute(world),
        day=world.day,
    )


def _book(made: Draft, world: World, added: dict[str, Added]) -> Book:
    """The shop's book; where rules add items, the one whose items cost what they cost in this basket."""
    found = made.shelf.rules
    if found is None:
        return NO_BOOK
    if found.book is not None:
        return found.book
    items = {rule.ref: _item(rule, made, world, added) for rule in found.automatic if rule.product is not None}
    key = tuple([None if each is None else _costs(each) for each in items.values()])
    books = made.shelf.books
    book = books.get(key)
    if book is None:
        if len(books) > BOOKS_MAX:
            books.clear()
        book = books[key] = found.with_items(lambda rule: _added(rule, items[rule.ref]))
    return book


def _added(rule: Automatic, line: BasketLine | None) -> AddedItem | None:
    return None if line is None else AddedItem(line, per_cover=rule.per_cover)


def _costs(line: BasketLine) -> tuple[str | None, str, int, int, int]:
    """What tells one form of an added item from another."""
    return line.product, line.category, line.rate, line.unit, line.scheme


def _item(rule: Automatic, made: Draft, world: World, added: dict[str, Added]) -> BasketLine | None:
    """The item that a rule adds, by phase 0 alone; None where it cannot be sold now: a rule never stops a sale."""
    assert rule.product is not None
    ready = ready_item(rule.product, made, world)
    if ready is None or ready.item.weighed or ready.item.stored_value or ready.margin is not None:
        return None
    price, listed = ready.price, 0
    if not (ready.plain and made.plain):
        customer = made.buyer.customer
        chosen = chosen_price(
            ready.choices, world, product=rule.product, counted=1_000, mode=made.mode, customer=customer
        )
        if chosen is not None:
            price, listed = chosen.price, chosen.id
    if price is None:
        return None
    id = ADDED_PREFIX + rule.ref
    added[id] = Added(ready, rule.id, listed)
    return BasketLine(
        **made.buyer.scheme(None, None, int(ready.category), made.names, world),
        id=id,
        product=ready.product,
        department=ready.department,
        category=ready.category,
        rate=ready.rate,
        quantity=1_000,
        catalogue=price,
    )


def _chosen(chosen: ChosenIn, index: int, made: Draft, given: list[tuple[str, Given]]) -> ChosenMenu:
    at = f"menus[{index}]"
    if (chosen.menu is None) == (chosen.pack is None):
        raise Refusal("sales.ambiguous_menu", "either a menu or a pack is chosen", at=at)
    kind, id = (MENUS, chosen.menu) if chosen.menu is not None else (PACKS, chosen.pack)
    assert id is not None
    ref = reference(kind, id)
    found = made.shelf.rules
    if found is None or ref not in found.buttons:
        raise Refusal("sales.unknown_menu", f"{kind.name} {id} has no button", at=at)
    if max(chosen.lines) > len(made.lines):
        raise Refusal("sales.unknown_line", f"there is no line {max(chosen.lines)}", at=f"{at}.lines")
    given.append((ref, Given(at=index, percent=0, amount=0, fixed=None, lines=chosen.lines)))
    return ChosenMenu(ref, tuple([LINE_IDS[line - 1] for line in chosen.lines]))


def _coupons(basket: Basket, world: World) -> tuple[Redeemed, ...]:
    found = []
    for index, code in enumerate(basket.coupons):
        at = f"coupons[{index}]"
        if code in basket.coupons[:index]:
            raise Refusal("sales.coupon_twice", f"coupon {code} is there twice", at=at)
        coupon = views_coupons.known(world, code, at)
        views_coupons.require_holder(world, coupon, basket.customer, at)
        found.append(coupon)
    return tuple(found)


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that did not apply: its kind, id and label, the first condition that failed and the distance to it.

    ``reason`` is a stable word: "short" (``missing`` units of ``slot``), "used_up", "excluded", "preceded", "beaten"
    and "no_saving" (``by`` which rule, ``amount`` minor units) for what consumes units; the failing condition ("items",
    "value", "hours" ...) for the others, with ``missing`` units, minutes or days, or an ``amount`` of minor units.
    """

    k: str
    id: int
    l: str  # noqa: E741  # named as in the ticket, whose short names are sealed
    reason: str
    slot: int | None
    missing: int
    by: str | None
    amount: int


def hints(terms: Terms, priced: Priced) -> tuple[Hint, ...]:
    """The nearest rules that did not apply, in the order of the core: the smallest distance first."""
    found = []
    for miss in priced.misses:
        rule = terms.names.get(miss.ref)
        if rule is None:
            continue
        by = None if miss.by is None else terms.names.get(miss.by)
        found.append(
            Hint(
                k=rule.kind,
                id=rule.id,
                l=rule.label,
                reason=miss.reason,
                slot=miss.slot,
                missing=miss.missing,
                by=miss.by if by is None else by.label,
                amount=miss.amount,
            )
        )
    return tuple(found)


def coupon_uses(
    basket: Basket, terms: Terms, priced: Priced, world: World, *, series: int, no: int
) -> tuple[Record, ...]:
    """What the ledger is told of the ticket's coupons; refuses one that has no use left, or whose conditions fail."""
    applied = {step.ref for step in priced.discounts}
    records: list[Record] = []
    for index, coupon in enumerate(terms.coupons):
        at = f"coupons[{index}]"
        if coupon.ref not in applied:
            raise _refused(coupon, priced, at)
        records += views_coupons.free_use(world, coupon, basket.order, at)
        records.append(views_coupons.use(coupon, basket.order, basket.customer, series, no))
    return tuple(records)


def _refused(coupon: Redeemed, priced: Priced, at: str) -> Refusal:
    code = coupon.row.code
    miss = next((miss for miss in priced.misses if miss.ref == coupon.ref), None)
    reason, missing = ("", 0) if miss is None else (miss.reason, miss.missing or miss.amount)
    return Refusal(
        "discounts.coupon_refused",
        f"coupon {code} does not apply: {reason} ({missing} missing)",
        at=at,
        data={"code": code, "condition": reason, "missing": missing},
    )
