"""Sealed tickets priced again, and what another rule would have made of them."""

from typing import Any

import msgspec
import pytest
from shop_harness import Shop

import engine.replays
from engine.engine import Refusal, read_change, reprice, simulate
from engine.features import Replayed, plain_records
from engine.replays import FOUND_KEPT_MAX, Found

DAY = "2026-11-21"
CARD = [{"mode": 2}]


def sell(shop: Shop, *lines: dict[str, Any], **more: Any) -> Any:
    """A ticket paid by card."""
    return shop.do("sales.post", {"lines": list(lines), "payments": CARD, **more}).records[0]


@pytest.fixture
def busy(bar: Shop) -> Shop:
    """A bar with rules of every kind, which sold with everything that an operator can give."""
    bar.configure("option-sets", 1, {"title": "Lait", "choices": [{"title": "Avoine", "id": 1, "delta": "0.30"}]})
    bar.configure("products", 5, {"title": "Latte", "price": "3.10", "department": 1, "option_sets": [1]})
    bar.configure("products", 6, {"title": "Couvert", "price": "0.50", "department": 2})
    bar.configure("line-rules", 1, {"title": "Happy hour", "percent": "-15", "departments": [1], "modes": [1]})
    bar.configure(
        "offers", 1, {"title": "3 cafés", "type": "n_for_price", "products": [1], "quantity": 3, "price": "4"}
    )
    slots = [{"products": [2]}, {"products": [3]}]
    bar.configure("menus", 1, {"title": "Menu", "price": "6.00", "slots": slots, "automatic": False})
    bar.configure("automatic-rules", 1, {"title": "Couverts", "product": 6, "per_cover": True, "min_covers": 2})
    bar.configure("coupons", 1, {"code": "NOEL", "title": "Noël", "amount": "-1.00"})
    bar.configure("customers", 1, {"title": "Fidèle", "percent": "-3"})
    bar.configure("prices", 1, {"product": 4, "price": "1.05", "from_quantity": "6"})
    bar.do("cash.open", {"float_in": 0})
    sell(
        bar, {"product": 1, "quantity": 2}, {"product": 3, "note": "sans oignons"}, discounts=[{"id": 1, "lines": [2]}]
    )
    sell(bar, {"product": 1, "price": "0.95"}, {"department": 2, "price": "7.77"}, {"price": "1.11", "label": "Divers"})
    sell(bar, {"product": 5, "options": [1001]}, {"product": 4, "quantity": "7"}, mode=1, customer=1)
    sell(
        bar,
        {"product": 2, "discount": {"percent": "-12.5", "label": "Geste"}},
        {"product": 3, "discount": {"amount": "-0.25"}},
        {"product": 4, "quantity": 3, "discount": {"fixed": "1"}},
        discounts=[{"percent": "-3.3"}, {"amount": -17, "lines": [1, 3]}, {"fixed": 700, "label": "Rond"}],
    )
    sell(bar, *[{"product": product} for product in (2, 3, 2, 3)], menus=[{"menu": 1, "lines": [1, 2]}])
    sell(bar, {"product": 1, "quantity": 7}, {"product": 3}, covers=3, coupons=["NOEL"], note="table du fond")
    sell(bar, {"product": 3}, covers=2, without=[1], receipt=True)
    return bar


def test_every_sealed_ticket_comes_out_the_same_to_the_byte(busy: Shop) -> None:
    busy.configure("products", 1, {"title": "Café crème", "price": "1.80", "department": 2})
    busy.configure("coupons", 1, {"code": "NOEL", "title": "Noël", "amount": "-1.00", "active": False})
    sell(busy, {"product": 1, "quantity": 3})

    outcome = reprice(busy.engine)

    assert (8, 8, 0, 0) == (outcome.tickets, outcome.same, outcome.different, outcome.unknown), outcome.found


def test_refunds_are_computed_again_from_what_was_sealed(busy: Shop) -> None:
    busy.do("sales.refund", {"no": 6, "lines": [{"line": 1, "quantity": 2, "restock": False}], "reason": "froid"})
    busy.do("sales.refund", {"no": 6, "lines": [{"line": 1, "quantity": 3}, {"line": 2}], "note": "suite"})
    busy.do("sales.refund", {"no": 6})

    outcome = reprice(busy.engine)

    assert (10, 10) == (outcome.tickets, outcome.same), outcome.found


def test_sales_after_rows_are_gone_still_meet_them_at_their_own_time(busy: Shop) -> None:
    busy.do("coupons.remove", {"id": 1}, till=0, operator=0)
    busy.do("offers.remove", {"id": 1}, till=0, operator=0)

    outcome = reprice(busy.engine)

    assert outcome.tickets == outcome.same, outcome.found


def test_a_ticket_that_prices_otherwise_is_named_with_each_place(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = plain_records

    def altered(data: bytes) -> tuple[dict[str, Any], ...]:
        records = honest(data)
        for record in records:
            if record.get("no") == 2:
                record["lines"][0]["a"] += 1
                record["total"] += 1
        return records

    monkeypatch.setattr(engine.replays, "plain_records", altered)
    heard: list[Found] = []

    outcome = reprice(busy.engine, on_found=heard.append)

    assert (1, [2]) == (outcome.different, [found.no for found in heard])
    places = [one.at for one in heard[0].replayed.differences]
    assert 2 == len(places)
    assert "total" in places
    assert any(place.startswith("lines[") and place.endswith("].a") for place in places)
    assert outcome.found[0].replayed.now is None


def test_progress_ends_at_the_number_of_entries_and_nothing_is_written(busy: Shop) -> None:
    before = busy.engine.reader().position()
    seen: list[tuple[int, int]] = []

    outcome = reprice(busy.engine.reader(), progress=lambda done, total: seen.append((done, total)))

    assert before == busy.engine.reader().position()
    assert (before[1], before[1]) == seen[-1]
    assert before[1] == outcome.entries


def test_snapshots_are_renewed_without_losing_or_repeating_an_entry(
    busy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.replays, "SNAPSHOT_MS_MAX", 0)
    seen: list[int] = []

    outcome = reprice(busy.engine, progress=lambda done, total: seen.append(done))

    assert list(range(1, outcome.entries + 1)) == seen[: outcome.entries]
    assert outcome.tickets == outcome.same == 7


def test_what_an_outcome_names_is_bounded(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.replays, "FOUND_KEPT_MAX", 2)
    monkeypatch.setattr(engine.replays, "replay_sale", lambda *_: Replayed(verdict="unknown", why="lost"))

    outcome = reprice(busy.engine)

    assert (7, 2) == (outcome.unknown, len(outcome.found))
    assert FOUND_KEPT_MAX == 1_000


def test_a_changed_price_says_what_a_day_would_have_come_to(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})
    for quantity in (1, 2, 3):
        sell(bar, {"product": 3, "quantity": quantity})
    sell(bar, {"product": 2})
    change = {"kind": "products", "id": 3, "row": {"title": "Sandwich", "price": "5.50", "department": 2}}

    told = simulate(bar.engine, read_change(msgspec.json.encode(change)), DAY, DAY)

    assert (4, 3, 0, 0) == (told.tickets, told.touched, told.refused, told.unknown)
    assert (3200, 3500) == (told.before, told.after)
    assert [(3, 1500, 1650), (2, 1000, 1100), (1, 500, 550)] == [
        (one.no, one.before, one.after) for one in told.largest
    ]


def test_a_new_rule_is_told_by_what_it_grants(busy: Shop) -> None:
    row = {"title": "Sandwichs", "percent": "-10", "products": [3]}
    change = read_change(msgspec.json.encode({"kind": "line-rules", "id": 9, "row": row}))

    told = simulate(busy.engine, change, DAY, DAY)

    rule = next(each for each in told.rules if (each.kind, each.id) == ("line-rules", 9))
    assert (7, 0, "Sandwichs", 0) == (told.tickets, told.unknown, rule.label, rule.before)
    assert rule.after < 0
    assert 0 < told.touched < 7
    assert told.after < told.before


def test_a_rule_taken_away_gives_back_what_it_granted(busy: Shop) -> None:
    change = read_change(b'{"kind": "offers", "id": 1, "row": null}')

    told = simulate(busy.engine, change, DAY, DAY)

    rule = next(each for each in told.rules if each.kind == "offers")
    assert (1, 0) == (told.touched, rule.after)
    assert rule.before < 0


def test_another_day_has_other_tickets(busy: Shop) -> None:
    change = read_change(b'{"kind": "offers", "id": 1, "row": null}')

    told = simulate(busy.engine, change, "2026-11-22", "2026-12-22")

    assert (0, 0, (), ()) == (told.tickets, told.before, told.rules, told.largest)


def test_a_simulation_changes_nothing(busy: Shop) -> None:
    before = busy.engine.reader().position()

    simulate(busy.engine, read_change(b'{"kind": "coupons", "id": 1, "row": null}'), DAY, DAY)

    assert before == busy.engine.reader().position()
    assert busy.ask("coupons.get", {"id": 1})["code"] == "NOEL"


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (b"[]", "simulate.bad_change", "rule"),
        (b'{"kind": "offers", "id": 0}', "simulate.bad_change", "rule.id"),
        (b'{"kind": "rules", "id": 1}', "simulate.unknown_kind", "rule.kind"),
        (b'{"kind": "offers", "id": 1, "much": 2}', "simulate.bad_change", "rule"),
    ],
)
def test_a_change_that_is_none_is_refused_by_its_place(change: bytes, code: str, at: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_change(change)

    assert (code, at) == (refused.value.code, refused.value.at)


def test_a_row_that_the_shop_would_refuse_is_refused_by_its_field(bar: Shop) -> None:
    change = read_change(b'{"kind": "line-rules", "id": 1, "row": {"title": "x", "percent": "-5", "products": [99]}}')

    with pytest.raises(Refusal) as refused:
        simulate(bar.engine, change, DAY, DAY)

    assert ("kernel.no_such_row", "rule.row.products") == (refused.value.code, refused.value.at)


@pytest.mark.parametrize(("first", "last"), [("2026-11-22", "2026-11-21"), ("2025-01-01", "2026-12-31")])
def test_a_period_is_bounded(bar: Shop, first: str, last: str) -> None:
    with pytest.raises(Refusal, match=r"simulate\.bad_period"):
        simulate(bar.engine, read_change(b'{"kind": "offers", "id": 1}'), first, last)
