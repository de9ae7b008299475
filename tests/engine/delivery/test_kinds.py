"""Tables and delivery zones are kept as configured."""

import pytest
from plain_shop import PlainShop

from engine.delivery import views


@pytest.mark.parametrize("kind", ["tables", "zones"])
def test_a_title_is_given_once(kind: str, plain: PlainShop) -> None:
    plain.configure(kind, 1, {"title": "Centre"})

    assert plain.refused(kind, {"title": "Centre"}, id=2) == ("kernel.not_unique", "row.title")


def test_a_table_and_a_zone_are_found_by_id(plain: PlainShop) -> None:
    plain.configure("tables", 4, {"title": "Terrasse 4", "seats": 6})
    plain.configure("zones", 2, {"title": "Nord", "active": False})

    table, zone = views.table(plain.world, 4), views.zone(plain.world, 2)

    assert table is not None
    assert zone is not None
    assert (table.title, table.seats, table.active) == ("Terrasse 4", 6, True)
    assert (zone.title, zone.active) == ("Nord", False)
    assert views.table(plain.world, 5) is None
