"""Customers, tables and zones on a ticket: VAT by tax profile, margins, stored value, weights, refunds, receipts."""

from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.fiscal.check_tickets import TicketCheck
from engine.fiscal.verify_export import ticket_problems
from engine.sales.records import Customer, Posted


@pytest.fixture
def fair(open_bar: Shop) -> Shop:
    """The bar sells antiques and vouchers too, to four sorts of customers, on a terrace."""
    open_bar.configure("vat-rates", 5, {"title": "Marge", "percent": "20", "margin": "used-goods"})
    open_bar.configure("vat-rates", 6, {"title": "TVA GP", "percent": "8.5", "territory": "GP"})
    vase = {"title": "Vase", "price": "120", "buying_price": "70", "vat": 5}
    open_bar.configure("products", 21, vase)
    open_bar.configure("products", 22, {"title": "Chaise", "price": "30", "buying_price": "45", "vat": 5})
    open_bar.configure("products", 23, {"title": "Carte cadeau", "price": "50", "stored_value": True})
    open_bar.configure("products", 24, {"title": "Comté", "price": "29.90", "unit": "kg", "weighed": True, "vat": 3})
    open_bar.configure("products", 25, {"title": "Confiture", "price": "3.00", "weight": 250, "vat": 3})
    open_bar.configure("customers", 1, {"title": "Mairie", "percent": "-5"})
    open_bar.configure("customers", 2, {"title": "Ambassade", "tax_profile": "exempt", "proof": "EX 42"})
    ghent = {"title": "Bar à Gand", "country": "BE", "vat_number": "BE0123456789", "tax_profile": "intra-eu"}
    open_bar.configure("customers", 3, ghent)
    open_bar.configure("customers", 4, {"title": "Karukera", "tax_profile": "regional", "territory": "GP"})
    open_bar.configure("tables", 4, {"title": "Terrasse 4"})
    open_bar.configure("zones", 2, {"title": "Centre"})
    return open_bar


def sell(shop: Shop, *products: int, **more: Any) -> Posted:
    """A sale paid by card that every check finds sound."""
    body = {"lines": [{"product": product} for product in products], "payments": [{"mode": 2}], **more}
    ticket = shop.do("sales.post", body).records[0]
    assert isinstance(ticket, Posted)
    require_sound(ticket)
    return ticket


def require_sound(ticket: Posted) -> None:
    """Neither the engine's check nor the one that comes with an export finds a sum that does not fit."""
    found: list[str] = []
    check = TicketCheck(lambda code, text: found.append(text), whole=False)
    check._say_what(ticket)
    check._say_what_of_sale(ticket)
    plain = msgspec.json.decode(msgspec.json.encode(ticket))
    assert [*found, *ticket_problems(plain)] == []


def rates(ticket: Any) -> list[tuple[int, str, int, int, int, int]]:
    return [(rate.c, rate.s, rate.r, rate.g, rate.v, rate.n) for rate in ticket.rates]


def receipt(shop: Shop, no: int) -> str:
    """The receipt as one line: where it breaks depends on the paper."""
    text: str = shop.ask("printing.receipt", {"no": no, "copy": 0}).text
    return " ".join(text.split())


def test_an_exempt_customer_pays_the_net_and_each_line_says_so(fair: Shop) -> None:
    ticket = sell(fair, 2, 3, customer=2, receipt=True)

    assert ticket.total == 167 + 455
    assert rates(ticket) == [(1, "exempt", 0, 167, 0, 167), (2, "exempt", 0, 455, 0, 455)]
    assert [(line.b, line.a, line.t, line.x) for line in ticket.lines] == [
        (200, 167, 0, ((0, -33),)),
        (500, 455, 0, ((1, -45),)),
    ]
    assert [(step.id, step.l, step.phase, step.granted) for step in ticket.disc] == [
        (1, "Taux normal déduite", 4, -33),
        (2, "Taux intermédiaire déduite", 4, -45),
    ]
    text = receipt(fair, ticket.no)
    assert "Client : Ambassade" in text
    assert "Exonération de TVA - justificatif n° EX 42" in text
    assert "exonéré" in text


def test_the_customer_is_sealed_as_he_was(fair: Shop) -> None:
    ticket = sell(fair, 2, customer=2, receipt=True)
    fair.configure("customers", 2, {"title": "Autre nom"})

    cust = ticket.cust
    assert isinstance(cust, Customer)
    assert (cust.id, cust.tax, cust.proof) == (2, "exempt", "EX 42")
    assert "Client : Ambassade" in receipt(fair, ticket.no)


def test_a_supply_to_another_member_state_is_exempt_but_for_margin_goods(fair: Shop) -> None:
    ticket = sell(fair, 2, 21, customer=3, receipt=True)

    assert rates(ticket) == [(1, "intra-eu", 0, 167, 0, 167), (5, "margin", 20_000, 12_000, 833, 11_167)]
    text = receipt(fair, ticket.no)
    assert "article 262 ter, I du CGI" in text
    assert "BE0123456789" in text


def test_a_customer_of_the_shops_own_country_is_no_supply_abroad(fair: Shop) -> None:
    fair.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "country": "BE"})

    refused = fair.refused("sales.post", {"lines": [{"product": 2}], "customer": 3, "payments": [{"mode": 2}]})

    assert (refused.code, refused.at) == ("sales.not_intra_eu", "customer")


def test_a_regional_customer_pays_the_rate_of_his_territory(fair: Shop) -> None:
    ticket = sell(fair, 2, customer=4)

    assert rates(ticket) == [(6, "", 8_500, 200, 16, 184)]
    assert rates(sell(fair, 2)) == [(1, "", 20_000, 200, 33, 167)]


def test_a_territory_without_the_category_is_refused_at_the_line(fair: Shop) -> None:
    fair.configure("customers", 5, {"title": "Corse", "tax_profile": "regional", "territory": "FR-COR"})

    refused = fair.refused(
        "sales.post", {"lines": [{"product": 2}, {"price": "1"}], "customer": 5, "payments": [{"mode": 2}]}
    )

    assert (refused.code, refused.at) == ("catalogue.no_rate_on", "lines[0]")


def test_the_rate_changes_with_the_business_day(fair: Shop) -> None:
    """The rate of the law's next step is another row; no product is touched."""
    fair.configure("vat-rates", 7, {"title": "ancien", "percent": "20", "valid_until": "2026-11-21", "category": "bar"})
    fair.configure("vat-rates", 8, {"title": "nouveau", "percent": "21", "valid_from": "2026-11-22", "category": "bar"})
    fair.configure("products", 26, {"title": "Bière", "price": "6.05", "vat": 7})
    today = sell(fair, 26)
    fair.clock.advance(86_400_000)

    tomorrow = sell(fair, 26)

    assert rates(today) == [(7, "", 20_000, 605, 101, 504)]
    assert rates(tomorrow) == [(8, "", 21_000, 605, 105, 500)]


def test_the_margin_is_taxed_and_the_receipt_tells_the_scheme_and_no_tax(fair: Shop) -> None:
    ticket = sell(fair, 21, 22, receipt=True)

    assert rates(ticket) == [(5, "margin", 20_000, 15_000, 833, 14_167)]
    assert sorted((line.p, line.t) for line in ticket.lines) == [(21, 833), (22, 0)]
    assert sorted(ticket.costs) == [(1, 7_000), (2, 4_500)]
    text = receipt(fair, ticket.no)
    assert "Biens d'occasion" in text
    assert "CGI art. 297 A" in text
    assert "directive 2006/112/CE" in text
    assert "8,33" not in text


def test_a_margin_that_was_tampered_with_is_found(fair: Shop) -> None:
    ticket = sell(fair, 21)
    forged = msgspec.structs.replace(ticket, costs=((1, 8_000),))

    with pytest.raises(AssertionError, match="VAT"):
        require_sound(forged)


def test_margin_goods_without_a_product_or_a_cost_are_refused(fair: Shop) -> None:
    fair.configure("departments", 9, {"title": "Brocante", "vat": 5})
    typed = {"lines": [{"department": 9, "price": "10"}], "payments": [{"mode": 2}]}

    assert fair.refused("sales.post", typed).code == "sales.no_cost"
    row = {"title": "Lampe", "price": "9", "department": 9}
    refused = fair.refused("products.put", {"id": 30, "row": row}, till=0, operator=0)
    assert (refused.code, refused.at) == ("catalogue.no_margin", "row.buying_price")


def test_stored_value_carries_no_vat_and_no_discount(fair: Shop) -> None:
    ticket = sell(fair, 2, 23, discounts=[{"percent": "-50"}])

    assert sorted(rates(ticket)) == [(1, "", 20_000, 100, 17, 83), (1, "stored", 0, 5_000, 0, 5_000)]
    body = {"lines": [{"product": 23, "discount": {"percent": "-10"}}], "payments": [{"mode": 2}]}
    assert fair.refused("sales.post", body).code == "pricing.deposit_discounted"


@pytest.mark.parametrize("line", [{"product": 24}, {"product": 24, "quantity": "0"}])
def test_weighed_goods_are_sold_by_the_scale_and_never_by_nothing(line: dict[str, object], fair: Shop) -> None:
    refused = fair.refused("sales.post", {"lines": [{"product": 2}, line], "payments": [{"mode": 2}]})

    assert refused.at == "lines[1].quantity"
    assert refused.code in {"sales.no_weight", "sales.bad_quantity"}


def test_receipts_show_prices_by_weight(fair: Shop) -> None:
    lines = [{"product": 24, "quantity": "0.535"}, {"product": 25, "quantity": 2}]
    ticket = sell(fair, receipt=True, lines=lines)

    text = receipt(fair, ticket.no)

    assert ticket.total == 1_600 + 600
    assert "0,535 kg x 29,90 €/kg" in text
    assert "250 g (12,00 €/kg)" in text


def test_table_covers_and_zone_are_sealed_and_printed(fair: Shop) -> None:
    ticket = sell(fair, 2, table=4, covers=3, zone=2, mode=2, receipt=True)

    assert (ticket.cust, ticket.table, ticket.covers, ticket.zone) == (None, 4, 3, 2)
    text = receipt(fair, ticket.no)
    assert all(line in text for line in ("Table : Terrasse 4", "Couverts : 3", "Zone : Centre", "Sur place"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"customer": 99}, "sales.unknown_customer"),
        ({"table": 99}, "sales.unknown_table"),
        ({"zone": 99}, "sales.unknown_zone"),
    ],
)
def test_who_or_what_is_not_there_is_refused(body: dict[str, int], code: str, fair: Shop) -> None:
    refused = fair.refused("sales.post", {"lines": [{"product": 2}], "payments": [{"mode": 2}], **body})

    assert (refused.code, refused.at) == (code, next(iter(body)))


def test_covers_are_counted(fair: Shop) -> None:
    refused = fair.refused("sales.post", {"lines": [{"product": 2}], "covers": -1})

    assert (refused.code, refused.at) == ("kernel.bad_request", "covers")


@pytest.mark.parametrize("kind", ["customers", "tables", "zones"])
def test_what_is_no_longer_in_use_takes_no_sale(kind: str, fair: Shop) -> None:
    fair.configure(kind, 2, {"title": "Ancien", "active": False})

    body = {"lines": [{"product": 2}], "payments": [{"mode": 2}], kind.removesuffix("s"): 2}

    assert fair.refused("sales.post", body).at == kind.removesuffix("s")


@pytest.mark.parametrize(("customer", "products"), [(2, (2, 3, 21)), (3, (2, 21)), (4, (2,)), (None, (21, 22, 23, 2))])
def test_refunds_in_steps_give_back_exactly_what_was_sold(
    customer: int | None, products: tuple[int, ...], fair: Shop
) -> None:
    lines = [{"product": product, "quantity": 3} for product in products]
    ticket = sell(fair, lines=lines, customer=customer, table=4)
    first = [{"line": line.id, "quantity": 1} for line in ticket.lines]

    backs = [
        fair.do("sales.refund", {"no": ticket.no, "lines": first}).records[0],
        fair.do("sales.refund", {"no": ticket.no}).records[0],
    ]

    assert sum(back.total for back in backs) == -ticket.total
    sums: dict[Any, list[int]] = {}
    for made in (ticket, *backs):
        assert (made.cust, made.table) == (ticket.cust, 4)
        for c, s, r, *figures in rates(made):
            sums.setdefault((c, s, r), [0, 0, 0])
            sums[c, s, r] = [old + new for old, new in zip(sums[c, s, r], figures, strict=True)]
    assert all(figures == [0, 0, 0] for figures in sums.values())
    assert len(sums) == len(ticket.rates)


def test_a_ticket_sealed_before_these_fields_is_still_read() -> None:
    fields = "series no session day basis cur dec mode lines disc rates items total legs due note book algo asked"
    values: tuple[Any, ...] = (0, 1, 1, "2026-11-21", "gross", "EUR", 2, 0, [], [], [], 0, 0, [], 0, None, 1, 1, False)
    old = {"is": "sales.posted"} | dict(zip(fields.split(), values, strict=True))
    old["rates"] = [{"c": 1, "deposit": False, "r": 20_000, "g": 0, "v": 0, "n": 0}]

    ticket = msgspec.json.decode(msgspec.json.encode(old), type=Posted)

    assert (ticket.cust, ticket.table, ticket.covers, ticket.zone, ticket.rates[0].s) == (None, None, 0, None, "")
