"""Selling under the shop's rules: menus, offers, happy hours, automatic rules, and what is sealed of them."""

import datetime
from typing import Any

import pytest
from shop_harness import Shop

from engine.sales.records import Posted

HOUR_MS = 3_600_000


def sold(shop: Shop, body: dict[str, Any]) -> Posted:
    """The sealed ticket of a basket that is paid by card."""
    ticket = shop.do("sales.post", {"payments": [{"mode": 2}], **body}).records[0]
    assert isinstance(ticket, Posted)
    return ticket


def steps(ticket: Posted) -> list[tuple[str | None, str, int]]:
    return [(step.k, step.l, step.granted) for step in ticket.disc]


@pytest.fixture
def canteen(open_bar: Shop) -> Shop:
    """The bar with the menu of the specification: 10.00 for 1.00 at 5 % and 19.00 at 1 %."""
    open_bar.configure("vat-rates", 5, {"title": "5 %", "percent": "5"})
    open_bar.configure("vat-rates", 6, {"title": "1 %", "percent": "1"})
    open_bar.configure("products", 10, {"title": "Entrée", "price": "1.00", "vat": 5})
    open_bar.configure("products", 11, {"title": "Plat", "price": "19.00", "vat": 6})
    open_bar.configure(
        "menus", 1, {"title": "Menu 10", "price": "10.00", "slots": [{"products": [10]}, {"products": [11]}]}
    )
    return open_bar


def test_a_menu_splits_its_price_over_its_lines(canteen: Shop) -> None:
    """pricing.md, Vectors: shares 0.50 and 9.50."""
    ticket = sold(canteen, {"lines": [{"product": 11}, {"product": 10}]})

    assert ticket.total == 1000
    assert sorted((line.l, line.a) for line in ticket.lines) == [("Entrée", 50), ("Plat", 950)]
    step = ticket.disc[0]
    assert (step.k, step.id, step.l, step.phase, step.n, step.u) == ("menus", 1, "Menu 10", 2, 1, ((2, 1), (1, 1)))
    assert (step.base, step.granted, step.g, ticket.srch) == (2000, -1000, None, "exact")


def test_lines_of_a_menu_give_back_their_net_shares(canteen: Shop) -> None:
    ticket = sold(canteen, {"lines": [{"product": 11}, {"product": 10}]})
    back = [
        canteen.do("sales.refund", {"no": ticket.no, "lines": [{"line": line}]}).records[0].total for line in (1, 2)
    ]

    assert back == [-950, -50]


def test_a_menu_chosen_by_its_button_is_sealed_with_its_lines(canteen: Shop) -> None:
    row = {
        "title": "Menu 10",
        "price": "10.00",
        "slots": [{"products": [10]}, {"products": [11]}],
        "automatic": False,
    }
    canteen.configure("menus", 1, row)
    lines = [{"product": 11}, {"product": 10}]
    apart = sold(canteen, {"lines": lines})
    chosen = sold(canteen, {"lines": lines, "menus": [{"menu": 1, "lines": [2, 1]}]})

    assert (apart.total, chosen.total) == (2000, 1000)
    given = chosen.disc[0].g
    assert given is not None
    assert (given.at, given.lines) == (0, (2, 1))


@pytest.mark.parametrize(
    ("menu", "code", "at"),
    [
        ({"menu": 1, "lines": [1, 1]}, "pricing.menu_mismatch", "lines[0]"),
        ({"menu": 2, "lines": [1]}, "sales.unknown_menu", "menus[0]"),
        ({"menu": 1, "pack": 1, "lines": [1]}, "sales.ambiguous_menu", "menus[0]"),
        ({"menu": 1, "lines": [3, 1]}, "sales.unknown_line", "menus[0].lines"),
    ],
)
def test_a_menu_that_cannot_be_chosen_is_refused(canteen: Shop, menu: dict[str, Any], code: str, at: str) -> None:
    body = {"lines": [{"product": 11}, {"product": 10}], "menus": [menu], "payments": [{"mode": 2}]}
    refused = canteen.refused("sales.post", body)

    assert (refused.code, refused.at) == (code, at)


def test_the_search_finds_the_two_menus_that_greed_would_miss(open_bar: Shop) -> None:
    """pricing.md, Vectors: 2 cokes, 2 sandwiches, 2 chocolates save 3.00, not 2.00."""
    shop = open_bar
    shop.configure("offers", 1, {"title": "2e coca offert", "type": "cheapest_free", "products": [2], "quantity": 2})
    shop.configure(
        "packs",
        1,
        {
            "title": "Goûter",
            "items": [{"product": 2}, {"product": 3}, {"product": 4}],
            "amount": "-1.50",
            "automatic": True,
        },
    )
    lines = [{"product": 2, "quantity": 2}, {"product": 3, "quantity": 2}, {"product": 4, "quantity": 2}]
    best = sold(shop, {"lines": lines})
    shop.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "rules": "first"})
    first = sold(shop, {"lines": lines})

    assert steps(best) == [("packs", "Goûter", -300)]
    assert (best.disc[0].n, best.total) == (2, 1340)
    assert steps(first) == [("offers", "2e coca offert", -200)]


@pytest.mark.parametrize(
    ("row", "quantity", "saved"),
    [
        ({"type": "n_for_price", "quantity": 3, "price": "5.00"}, 3, -100),
        ({"type": "nth_percent", "quantity": 2, "percent": "-50"}, 4, -200),
        ({"type": "amount_off", "quantity": 2, "amount": "-0.50"}, 5, -100),
        ({"type": "buy_get", "quantity": 2}, 3, -200),
        ({"type": "buy_get", "quantity": 1, "get_products": [4], "percent": "-50"}, 1, -60),
    ],
)
def test_every_type_of_offer_saves_what_it_says(open_bar: Shop, row: dict[str, Any], quantity: int, saved: int) -> None:
    open_bar.configure("offers", 1, {"title": "Offre", "products": [2]} | row)
    ticket = sold(open_bar, {"lines": [{"product": 2, "quantity": quantity}, {"product": 4}]})

    assert steps(ticket) == [("offers", "Offre", saved)]


def test_a_happy_hour_ends_on_its_minute(open_bar: Shop) -> None:
    """features.md, autoPLU: the edge at 19:00."""
    row = {"title": "Happy hour", "percent": "-50", "departments": [1], "from_minute": 1_020, "until_minute": 1_140}
    open_bar.configure("line-rules", 1, row)
    totals = []
    start = datetime.datetime.fromtimestamp(open_bar.clock.wall_ms() / 1000, datetime.UTC)
    assert start.hour == 11  # noon in Paris
    for minutes in (299, 1, 119, 1):
        open_bar.clock.advance(minutes * 60_000)
        totals.append(sold(open_bar, {"lines": [{"product": 2}]}).total)

    assert totals == [200, 100, 100, 200]


def test_an_operators_line_discount_replaces_a_line_rule(open_bar: Shop) -> None:
    open_bar.configure("line-rules", 1, {"title": "Promo", "percent": "-50", "products": [2]})
    ticket = sold(open_bar, {"lines": [{"product": 2, "discount": {"id": 1}}, {"product": 2}]})

    assert steps(ticket) == [("discounts", "-10 %", -20), ("line-rules", "Promo", -100)]
    given = ticket.disc[0].g
    assert given is not None
    assert (given.at, given.lines, ticket.disc[1].g) == (0, (1,), None)


def test_what_the_operator_typed_is_sealed(open_bar: Shop) -> None:
    body = {
        "lines": [{"product": 2, "discount": {"percent": "-10", "amount": "-0.25"}}, {"product": 3}],
        "discounts": [{"percent": "-5", "lines": [2]}, {"amount": -100}],
    }
    ticket = sold(open_bar, body)
    given = [step.g for step in ticket.disc]

    assert [each and (each.at, each.percent, each.amount, each.fixed, each.lines) for each in given] == [
        (0, -10_000, -2_500, None, (1,)),
        (0, -10_000, -2_500, None, (1,)),
        (0, -5_000, 0, None, (2,)),
        (1, 0, -100, None, ()),
    ]
    assert {step.k for step in ticket.disc} == {None}


def test_an_automatic_item_stands_behind_the_lines_with_its_own_vat(open_bar: Shop) -> None:
    open_bar.configure("products", 20, {"title": "Livraison", "price": "3.00", "vat": 1})
    open_bar.configure("automatic-rules", 7, {"title": "Frais de livraison", "product": 20, "modes": [1]})
    there = sold(open_bar, {"lines": [{"product": 3}], "mode": 1})
    here = sold(open_bar, {"lines": [{"product": 3}], "mode": 2})

    assert (there.total, here.total) == (800, 500)
    assert there.auto == ((2, 7),)
    added = next(line for line in there.lines if line.id == 2)
    assert (added.p, added.l, added.a, there.rates[added.r].r) == (20, "Livraison", 300, 20_000)
    assert there.items == 2


def test_a_threshold_is_not_fed_by_what_its_rule_adds(open_bar: Shop) -> None:
    open_bar.configure("products", 20, {"title": "Cadeau", "price": "9.00", "vat": 1})
    open_bar.configure("automatic-rules", 1, {"title": "Cadeau", "product": 20, "min_value": 1_000})
    below = sold(open_bar, {"lines": [{"product": 3}]})
    above = sold(open_bar, {"lines": [{"product": 3, "quantity": 2}]})

    assert (below.total, above.total) == (500, 1900)


def test_an_automatic_discount_stands_on_the_sum_with_its_item(open_bar: Shop) -> None:
    open_bar.configure("products", 20, {"title": "Couvert", "price": "1.00", "vat": 2})
    open_bar.configure("automatic-rules", 1, {"title": "Terrasse", "product": 20, "percent": "10"})
    ticket = sold(open_bar, {"lines": [{"product": 3}]})

    assert steps(ticket) == [("automatic-rules", "Terrasse", 60)]
    assert ticket.total == 660


def test_what_a_manager_leaves_out_stays_out_and_is_sealed(open_bar: Shop) -> None:
    open_bar.configure("products", 20, {"title": "Livraison", "price": "3.00", "vat": 1})
    open_bar.configure("automatic-rules", 7, {"title": "Livraison", "product": 20})
    body = {"lines": [{"product": 3}], "payments": [{"mode": 2}], "without": [7]}
    ticket = open_bar.do("sales.post", body, operator=2).records[0]
    refused = open_bar.refused("sales.post", body, operator=3)

    assert (ticket.total, ticket.wo, ticket.auto) == (500, (7,), ())
    assert (refused.code, refused.data["right"]) == ("kernel.not_allowed", "sales.remove_automatic")


def test_a_rule_whose_item_is_not_for_sale_never_stops_a_sale(open_bar: Shop) -> None:
    open_bar.configure("products", 20, {"title": "Livraison", "price": "3.00", "vat": 1})
    open_bar.configure("automatic-rules", 7, {"title": "Livraison", "product": 20})
    open_bar.configure("products", 20, {"title": "Livraison", "price": "3.00", "vat": 1, "active": False})

    assert sold(open_bar, {"lines": [{"product": 3}]}).total == 500


def test_an_added_item_moves_stock_and_blocks_where_there_is_none(open_bar: Shop) -> None:
    row = {"title": "Cadeau", "price": "0.00", "vat": 1, "stock_tracked": True, "stock_blocks": True}
    open_bar.configure("products", 20, row)
    open_bar.configure("automatic-rules", 7, {"title": "Cadeau", "product": 20})
    refused = open_bar.refused("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 2}]})

    assert (refused.code, refused.data["product"]) == ("sales.out_of_stock", 20)


def test_a_rule_changed_in_a_group_prices_the_sale_behind_it(open_bar: Shop) -> None:
    basket = {"lines": [{"product": 2}], "payments": [{"mode": 2}]}
    put = {"id": 1, "row": {"title": "Promo", "percent": "-50", "products": [2]}}
    answers = open_bar.engine.submit(
        [
            open_bar.envelope("sales.post", basket),
            open_bar.envelope("line-rules.put", put),
            open_bar.envelope("sales.post", basket),
            open_bar.envelope("line-rules.remove", {"id": 1}),
            open_bar.envelope("sales.post", basket),
        ]
    )

    assert [answer.status for answer in answers] == ["done"] * 5
    assert [answers[place].records[0].total for place in (0, 2, 4)] == [200, 100, 200]
    assert answers[2].records[0].book > answers[0].records[0].book


def test_a_shop_without_rules_prices_as_it_always_did(open_bar: Shop) -> None:
    ticket = sold(open_bar, {"lines": [{"product": 2}], "discounts": [{"id": 1}]})

    assert (ticket.algo, ticket.srch, ticket.wo, ticket.auto) == (1, "", (), ())


def test_hints_say_what_is_missing(canteen: Shop) -> None:
    canteen.configure("automatic-rules", 1, {"title": "Dès 5 articles", "percent": "-10", "min_items": 5})
    canteen.configure("line-rules", 1, {"title": "Ce soir", "percent": "-10", "from_minute": 1_020})
    quote = canteen.ask("sales.price", {"lines": [{"product": 11}]})
    hints = {(hint.k, hint.id): (hint.reason, hint.missing) for hint in quote.hints}

    assert hints["menus", 1] == ("short", 1)
    assert hints["automatic-rules", 1] == ("items", 4)
    assert hints["line-rules", 1] == ("hours", 300)
    assert quote.total == 1900


@pytest.fixture
def known(open_bar: Shop) -> Shop:
    """The bar with a customer group, two customers, a table and a delivery zone."""
    open_bar.configure("customer-groups", 1, {"title": "Comité"})
    open_bar.configure("customers", 1, {"title": "Client 1", "group": 1})
    open_bar.configure("customers", 2, {"title": "Client 2", "percent": "-5"})
    open_bar.configure("tables", 1, {"title": "Terrasse 1"})
    open_bar.configure("zones", 1, {"title": "Centre"})
    return open_bar


@pytest.mark.parametrize(
    ("conditions", "holds", "fails"),
    [
        ({"groups": [1]}, {"customer": 1}, {"customer": None}),
        ({"tables": [1]}, {"table": 1}, {}),
        ({"zones": [1]}, {"zone": 1, "mode": 1}, {"mode": 1}),
        ({"min_covers": 4}, {"covers": 4}, {"covers": 3}),
        ({"tills": [1]}, {}, None),
        ({"weekdays": [6]}, {}, None),
        ({"weekdays": [7]}, None, {}),
        ({"min_items": 2}, None, {}),
        ({"first": "2026-11-21", "last": "2026-11-21"}, {}, None),
        ({"first": "2026-11-22"}, None, {}),
        ({"groups": [1], "tables": [1]}, {"customer": 1, "table": 1}, {"customer": 1}),
    ],
)
def test_a_rule_applies_only_where_all_its_conditions_hold(
    known: Shop, conditions: dict[str, Any], holds: dict[str, Any] | None, fails: dict[str, Any] | None
) -> None:
    known.configure("automatic-rules", 1, {"title": "Règle", "percent": "-10"} | conditions)

    if holds is not None:
        assert sold(known, {"lines": [{"product": 3}]} | holds).total == 450
    if fails is not None:
        assert sold(known, {"lines": [{"product": 3}]} | fails).total == 500


def test_a_customers_discount_stands_between_automatic_rules_and_coupons(known: Shop) -> None:
    known.configure("automatic-rules", 1, {"title": "Auto", "percent": "-10"})
    known.configure("coupons", 1, {"code": "C", "title": "Bon", "amount": "-1"})
    ticket = sold(known, {"lines": [{"product": 3, "quantity": 2}], "customer": 2, "coupons": ["C"]})

    assert steps(ticket) == [
        ("automatic-rules", "Auto", -100),
        ("customers", "Client 2", -45),
        ("coupons", "Bon", -100),
    ]


def test_an_item_is_added_for_each_cover(known: Shop) -> None:
    known.configure("products", 20, {"title": "Couvert", "price": "1.00", "vat": 2})
    known.configure("automatic-rules", 1, {"title": "Couverts", "product": 20, "per_cover": True})
    there = sold(known, {"lines": [{"product": 3}], "covers": 3})
    none = sold(known, {"lines": [{"product": 3}]})

    assert (there.total, [line.q for line in there.lines if line.p == 20]) == (800, [3_000])
    assert none.total == 500


def test_an_added_item_costs_what_its_price_rows_say(known: Shop) -> None:
    known.configure("products", 20, {"title": "Livraison", "price": "3.00", "vat": 1})
    known.configure("prices", 1, {"product": 20, "price": "2.00", "customer": 1})
    known.configure("automatic-rules", 1, {"title": "Livraison", "product": 20})
    anybody = sold(known, {"lines": [{"product": 3}]})
    contract = sold(known, {"lines": [{"product": 3}], "customer": 1})

    assert (anybody.total, contract.total) == (800, 700)
    assert (anybody.pr, contract.pr) == ((), ((2, 1),))
