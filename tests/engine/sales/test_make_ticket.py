"""The sealed ticket: every reference inside it points to something, every sum is there once."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_harness import Shop

from engine.sales.records import Posted


def test_shares_name_the_discount_that_they_belong_to(open_bar: Shop) -> None:
    ticket = open_bar.ask(
        "sales.price",
        {
            "lines": [{"product": 3, "discount": {"percent": "-20", "label": "Geste"}}, {"product": 1}],
            "discounts": [{"id": 2}, {"id": 1}],
        },
    )
    by_line = {line.id: {ticket.disc[index].l: amount for index, amount in line.x} for line in ticket.lines}

    assert by_line[1] == {"Geste": -100, "-10 %": -40, "-1,00 €": -73}
    assert by_line[2] == {"-10 %": -15, "-1,00 €": -27}
    assert [discount.id for discount in ticket.disc] == [None, 1, 2]


def test_the_ticket_names_its_versions_and_its_book(open_bar: Shop) -> None:
    first = open_bar.ask("sales.price", {"lines": [{"product": 1}], "discounts": [{"id": 1}]})
    open_bar.configure("products", 1, {"title": "Café", "price": "1.60", "department": 1})
    open_bar.configure("discounts", 1, {"title": "-10 %", "percent": "-10"})
    second = open_bar.ask("sales.price", {"lines": [{"product": 1}], "discounts": [{"id": 1}]})

    assert second.lines[0].pv > first.lines[0].pv > 0
    assert second.disc[0].pv > first.disc[0].pv > 0
    assert second.book >= first.book > 0
    assert second.algo == 1


def test_a_receipt_is_asked_for_or_not(open_bar: Shop) -> None:
    """No receipt is printed unless asked (fiscal.md, FR-31 and FR-34)."""
    body = {"lines": [{"product": 1}], "payments": [{"mode": 1}]}

    assert [open_bar.do("sales.post", {**body, "receipt": asked}).records[0].asked for asked in (False, True)] == [
        False,
        True,
    ]


def test_a_net_document_adds_vat_to_its_prices(shop: Shop) -> None:
    shop.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    shop.configure("settings", 1, {"name": "Grossiste", "default_vat": 1, "basis": "net"})
    shop.configure("tills", 1, {"name": "Caisse"})
    shop.configure("operators", 1, {"alias": "op1", "role": "admin"})
    ticket = shop.ask("sales.price", {"lines": [{"price": "10.00"}]})

    assert (ticket.basis, ticket.total, ticket.lines[0].a) == ("net", 1200, 1000)
    assert (ticket.rates[0].g, ticket.rates[0].v, ticket.rates[0].n) == (1200, 200, 1000)


LINE = st.one_of(
    st.fixed_dictionaries({"product": st.integers(1, 4), "quantity": st.integers(1, 9)}),
    st.fixed_dictionaries({"department": st.integers(1, 3), "price": st.integers(0, 500)}),
    st.fixed_dictionaries(
        {"price": st.integers(1, 99).map(lambda cents: f"0.{cents:02}"), "discount": st.just({"id": 1})}
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(LINE, min_size=1, max_size=8),
    percent=st.integers(-100, 100),
    amount=st.integers(-3000, 3000),
    mode=st.sampled_from([0, 2]),
)
def test_every_sum_of_every_ticket_agrees(
    open_bar: Shop, lines: list[dict[str, Any]], percent: int, amount: int, mode: int
) -> None:
    """Complaints 24, 25 and 28 for any basket."""
    ticket: Posted = open_bar.ask(
        "sales.price",
        {"lines": lines, "discounts": [{"percent": str(percent)}, {"amount": amount}], "mode": mode},
    )

    assert ticket.total == sum(line.a for line in ticket.lines) == sum(rate.g for rate in ticket.rates)
    for index, rate in enumerate(ticket.rates):
        mine = [line for line in ticket.lines if line.r == index]
        assert (rate.g, rate.v) == (sum(line.a for line in mine), sum(line.t for line in mine))
        assert rate.g == rate.v + rate.n
    assert all(line.a == line.b + sum(share for _, share in line.x) >= 0 for line in ticket.lines)
    for index, discount in enumerate(ticket.disc):
        assert discount.granted == sum(share for line in ticket.lines for which, share in line.x if which == index)
