"""What a basket's lines and discounts may say, and what pricing is told of them."""

from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.sales.records import Posted

CASH = {"mode": 1}


def price(shop: Shop, *lines: dict[str, Any], **body: Any) -> Posted:
    ticket = shop.ask("sales.price", {"lines": lines, **body})
    assert isinstance(ticket, Posted)
    return ticket


def test_a_department_sells_at_its_default_price_or_a_typed_one(open_bar: Shop) -> None:
    open_bar.configure("departments", 4, {"title": "Glaces", "vat": 3, "price": "2.50"})
    ticket = price(open_bar, {"department": 4}, {"department": 4, "price": "3.00", "label": "Deux boules"})

    assert [(line.l, line.a, line.typed) for line in sorted(ticket.lines, key=lambda line: line.id)] == [
        ("Glaces", 250, False),
        ("Deux boules", 300, True),
    ]
    assert {5_500} == {rate.r for rate in ticket.rates}


def test_a_free_line_takes_the_shops_rate(open_bar: Shop) -> None:
    ticket = price(open_bar, {"price": "4.99"})

    assert (
        ticket.lines[0].l,
        ticket.lines[0].d,
        ticket.total,
        ticket.rates[0].r,
    ) == ("Vente libre", None, 499, 20_000)


def test_a_typed_price_needs_the_right_where_there_is_one_already(open_bar: Shop) -> None:
    open_bar.configure("products", 5, {"title": "Vrac", "department": 3})
    body = {"lines": [{"product": 1, "price": "1.00"}], "payments": [CASH]}
    employee = open_bar.refused("sales.post", body, operator=3)
    manager = open_bar.do("sales.post", body, operator=2).records[0]
    open_price = open_bar.do("sales.post", {"lines": [{"product": 5, "price": "7.10"}], "payments": [CASH]}, operator=3)

    assert (employee.code, employee.at) == ("kernel.not_allowed", "lines[0].price")
    assert (manager.total, manager.lines[0].typed) == (100, True)
    assert open_price.records[0].total == 710


def test_a_missing_right_leaves_a_sealed_event(open_bar: Shop) -> None:
    before = open_bar.engine.position[1]
    open_bar.refused("sales.post", {"lines": [{"product": 1, "price": "1.00"}], "payments": [CASH]}, operator=3)

    assert before + 1 == open_bar.engine.position[1]


def test_a_weighed_quantity_is_rounded_once(open_bar: Shop) -> None:
    assert price(open_bar, {"price": "4.99", "quantity": "0.535"}).total == 267


@pytest.mark.parametrize(
    ("line", "code", "at"),
    [
        ({"product": 99}, "sales.unknown_product", "lines[1].product"),
        ({"department": 99, "price": "1"}, "sales.unknown_department", "lines[1].department"),
        ({"department": 1}, "sales.price_missing", "lines[1].price"),
        ({}, "sales.price_missing", "lines[1].price"),
        ({"price": "-1"}, "sales.negative_price", "lines[1].price"),
        ({"price": "1.00001"}, "kernel.bad_request", "lines[1].price"),
        ({"product": 1, "quantity": "-1"}, "sales.bad_quantity", "lines[1].quantity"),
        ({"product": 1, "quantity": 0}, "sales.bad_quantity", "lines[1].quantity"),
        ({"product": 1, "quantity": 10**12 + 1}, "kernel.bad_request", "lines[1].quantity"),
        ({"product": 1, "quantity": "0.0001"}, "kernel.bad_decimal", "lines[1].quantity"),
        ({"product": 1, "department": 1}, "sales.ambiguous_line", "lines[1].department"),
        ({"product": 1, "label": "Autre"}, "sales.ambiguous_line", "lines[1].label"),
        ({"price": "1", "options": [1]}, "sales.ambiguous_line", "lines[1].options"),
        ({"product": 1, "options": [1001]}, "catalogue.no_option", "lines[1].options[0]"),
        ({"product": 1, "discount": {"id": 9}}, "sales.unknown_discount", "lines[1].discount"),
        ({"product": 1, "discount": {}}, "sales.empty_discount", "lines[1].discount"),
        ({"product": 1, "discount": {"id": 1, "percent": "5"}}, "sales.ambiguous_discount", "lines[1].discount"),
        ({"product": 1, "discount": {"percent": "-100.5"}}, "pricing.bad_percent", "lines[1]"),
        ({"product": 1, "discount": {"percent": "5", "fixed": "1"}}, "pricing.bad_adjustment", "lines[1]"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_by_its_place(
    open_bar: Shop, line: dict[str, Any], code: str, at: str
) -> None:
    answer = open_bar.refused("sales.post", {"lines": [{"product": 2}, line], "payments": [CASH]})

    assert (code, at) == (answer.code, answer.at)


def test_what_is_not_active_is_not_sold(open_bar: Shop) -> None:
    open_bar.configure("products", 2, {"title": "Coca", "price": "2.00", "department": 1, "active": False})
    open_bar.configure("departments", 3, {"title": "Pain", "vat": 3, "active": False})
    product = open_bar.refused("sales.post", {"lines": [{"product": 2}], "payments": [CASH]})
    department = open_bar.refused("sales.post", {"lines": [{"department": 3, "price": "1"}], "payments": [CASH]})

    assert [product.code, department.code] == ["sales.not_for_sale"] * 2


def test_options_add_their_deltas_and_are_sealed_with_the_line(open_bar: Shop) -> None:
    """Complaint 27: the price of choices does not depend on how they are split."""
    choices = [{"title": "Petit", "id": 1}, {"title": "Grand", "id": 2, "delta": "0.80"}]
    open_bar.configure("option-sets", 7, {"title": "Taille", "choices": choices})
    row = {"title": "Thé", "price": "2.00", "department": 1, "option_sets": [7]}
    open_bar.configure("products", 6, row)
    line = price(open_bar, {"product": 6, "options": [7002], "quantity": 2}).lines[0]
    both = open_bar.refused("sales.post", {"lines": [{"product": 6, "options": [7001, 7002]}], "payments": [CASH]})
    open_bar.configure("products", 6, {**row, "option_sets": [7, 7]})
    twice = price(open_bar, {"product": 6, "options": [7001, 7002]})

    assert (line.a, line.u) == (560, 28_000)
    assert [(option.id, option.l, option.delta) for option in line.o] == [(7002, "Grand", 8_000)]
    assert both.code == "catalogue.too_many_options"
    assert twice.total == 280


def test_options_cannot_take_a_price_below_zero(open_bar: Shop) -> None:
    open_bar.configure("option-sets", 7, {"title": "Reprise", "choices": [{"title": "Bouteille", "delta": "-3.00"}]})
    open_bar.configure("products", 6, {"title": "Thé", "price": "2.00", "department": 1, "option_sets": [7]})
    answer = open_bar.refused("sales.post", {"lines": [{"product": 6, "options": [7001]}], "payments": [CASH]})

    assert (answer.code, answer.at) == ("sales.negative_price", "lines[0].options")


def test_eaten_in_takes_the_eat_in_rate_and_the_modes_own_price(open_bar: Shop) -> None:
    row = {"title": "Café", "price": "1.50", "mode_prices": [{"mode": 2, "price": "1.80"}], "department": 1}
    open_bar.configure("products", 1, {**row, "vat_on_site": 2})
    away, here = (price(open_bar, {"product": 1}, mode=mode) for mode in (0, 2))

    assert [(ticket.total, ticket.rates[0].r) for ticket in (away, here)] == [(150, 20_000), (180, 10_000)]


def test_the_sales_mode_is_the_tills_where_none_is_chosen(open_bar: Shop) -> None:
    open_bar.configure("tills", 1, {"name": "Caisse 1", "default_mode": 2})

    assert [
        price(open_bar, {"product": 1}).mode,
        open_bar.ask("sales.price", {"lines": [{"product": 1}]}, till=2).mode,
        price(open_bar, {"product": 1}, mode=1).mode,
    ] == [2, 0, 1]


def test_a_products_own_discount_applies_unless_something_is_typed(open_bar: Shop) -> None:
    open_bar.configure("products", 5, {"title": "Tarte", "price": "4.00", "department": 2, "discount": 1})
    default = price(open_bar, {"product": 5})
    typed = price(open_bar, {"product": 5, "price": "4.00"})
    manual = price(open_bar, {"product": 5, "discount": {"id": 2}})

    assert [default.total, typed.total, manual.total] == [360, 400, 300]
    assert [(discount.id, discount.l, discount.granted) for discount in default.disc] == [(1, "-10 %", -40)]


def test_a_free_discount_needs_the_right_and_a_configured_one_does_not(open_bar: Shop) -> None:
    free = {"lines": [{"product": 3, "discount": {"percent": "-5", "label": "Geste"}}], "payments": [CASH]}
    whole = {"lines": [{"product": 3}], "discounts": [{"amount": -100}], "payments": [CASH]}
    configured = {"lines": [{"product": 3, "discount": {"id": 1}}], "discounts": [{"id": 2}], "payments": [CASH]}
    refused = [open_bar.refused("sales.post", body, operator=3) for body in (free, whole)]
    totals = [open_bar.do("sales.post", free, operator=2), open_bar.do("sales.post", configured, operator=3)]

    assert [(answer.code, answer.at) for answer in refused] == [
        ("kernel.not_allowed", "lines[0].discount"),
        ("kernel.not_allowed", "discounts[0]"),
    ]
    assert [answer.records[0].total for answer in totals] == [475, 350]


def test_a_discount_with_a_right_of_its_own_asks_for_it(open_bar: Shop) -> None:
    open_bar.configure("discounts", 4, {"title": "Patron", "percent": "-50", "right": "sales.free_discount"})
    body = {"lines": [{"product": 3}], "discounts": [{"id": 4}], "payments": [CASH]}

    assert open_bar.refused("sales.post", body, operator=3).code == "kernel.not_allowed"
    assert open_bar.do("sales.post", body, operator=2).records[0].total == 250


def test_a_discount_is_given_where_its_scope_allows(open_bar: Shop) -> None:
    open_bar.configure("discounts", 4, {"title": "Ligne", "percent": "-50", "scope": "line"})
    open_bar.configure("discounts", 5, {"title": "Total", "percent": "-50", "scope": "subtotal"})
    on_total = open_bar.refused("sales.post", {"lines": [{"product": 3}], "discounts": [{"id": 4}], "payments": [CASH]})
    on_line = open_bar.refused("sales.post", {"lines": [{"product": 3, "discount": {"id": 5}}], "payments": [CASH]})

    assert [on_total.code, on_line.code] == ["sales.wrong_scope"] * 2


def test_a_subtotal_discount_covers_the_lines_it_lists(open_bar: Shop) -> None:
    """Complaints 29 and 31: once over all rates, percent before amount, each on what remains."""
    ticket = price(
        open_bar, {"product": 3}, {"product": 2}, {"product": 4}, discounts=[{"id": 2, "lines": [1, 2]}, {"id": 1}]
    )
    unknown = open_bar.refused(
        "sales.post", {"lines": [{"product": 3}], "discounts": [{"id": 1, "lines": [2]}], "payments": [CASH]}
    )

    assert ticket.total == 638
    assert [(discount.l, discount.base, discount.granted) for discount in ticket.disc] == [
        ("-10 %", 820, -82),
        ("-1,00 €", 630, -100),
    ]
    assert next(line.a for line in ticket.lines if line.p == 4) == 108
    assert (unknown.code, unknown.at) == ("sales.unknown_line", "discounts[0].lines")


def test_a_menu_has_exactly_its_price_and_later_items_come_on_top(open_bar: Shop) -> None:
    """Complaint 27: the price of a menu is split, so its parts add up to it; the reference's 1.00 and 19.00."""
    ticket = price(
        open_bar,
        {"department": 3, "price": "1.00"},
        {"department": 2, "price": "19.00"},
        {"product": 2},
        discounts=[{"id": 3, "lines": [1, 2]}],
    )

    assert ticket.total == 1200
    assert [line.a for line in sorted(ticket.lines, key=lambda line: line.id)] == [50, 950, 200]


def test_a_fixed_price_over_nothing_is_refused(open_bar: Shop) -> None:
    body = {"lines": [{"price": "0"}], "discounts": [{"fixed": 500}], "payments": [CASH]}

    assert open_bar.refused("sales.post", body).code == "pricing.fixed_over_zero"


def test_a_line_keeps_its_note_and_its_title(open_bar: Shop) -> None:
    ticket = price(open_bar, {"product": 3, "note": "sans champignons"}, note="Table 4")

    assert (ticket.lines[0].l, ticket.lines[0].n, ticket.note) == ("Sandwich", "sans champignons", "Table 4")


def test_what_is_configured_between_two_sales_of_a_group_holds_for_the_second(open_bar: Shop) -> None:
    """What a sale looked up is kept for the next one, but never beyond a change: product, rate, discount or till."""
    sale = open_bar.envelope("sales.post", {"lines": [{"product": 1}], "discounts": [{"id": 1}], "payments": [CASH]})
    changes = [
        ("products.put", 1, {"title": "Café", "price": "3.00", "department": 1, "vat_on_site": 2}),
        ("discounts.put", 1, {"title": "-20 %", "percent": "-20"}),
        ("tills.put", 1, {"name": "Caisse 1", "default_mode": 2}),
        ("vat-rates.put", 2, {"title": "Taux intermédiaire", "percent": "12"}),
        ("settings.put", 1, {"name": "Bar du Port", "default_vat": 1, "cash_rounding_step": 5}),
    ]
    group = [sale]
    for name, id, row in changes:
        group.append(open_bar.envelope(name, {"id": id, "row": row}, till=0, operator=0))
        group.append(msgspec.structs.replace(sale, id=open_bar.new_id()))
    sold = [answer.records[0] for answer in open_bar.engine.submit(group)[::2]]

    assert [(ticket.total, ticket.mode, ticket.rates[0].r) for ticket in sold] == [
        (135, 0, 20_000),
        (270, 0, 20_000),
        (240, 0, 20_000),
        (240, 2, 10_000),
        (240, 2, 12_000),
        (240, 2, 12_000),
    ]


def test_a_removed_product_is_not_sold_from_memory(open_bar: Shop) -> None:
    body = {"lines": [{"product": 4}], "payments": [CASH]}
    open_bar.do("sales.post", body)
    open_bar.do("products.remove", {"id": 4}, till=0, operator=0)

    assert open_bar.refused("sales.post", body).code == "sales.unknown_product"
