"""Who is at the till, and may this be done."""

from plain_shop import PlainShop
from shop_harness import Shop

from engine.kernel.messages import ENGINE, Actor
from engine.kernel.permissions import DEVICE, PERMISSIONS
from engine.staff import views


def allowed(shop: PlainShop, operator: int, right: str, till: int = 1) -> bool:
    return views.role_allows(shop.world, Actor(till=till, operator=operator), right)


def test_an_operator_is_known_by_his_number_without_his_name(plain: PlainShop) -> None:
    plain.configure("operators", 4, {"alias": "Léa", "role": "manager", "name": "Léa Martin"})

    found = views.operator(plain.world, 4)

    assert found is not None
    assert (4, "Léa", "manager", True) == (found.id, found.alias, found.role, found.active)
    assert "cash.close" in found.rights
    assert views.operator(plain.world, 5) is None


def test_the_engine_may_do_everything_and_a_till_without_operator_let_one_sign_in(plain: PlainShop) -> None:
    everything = {right for right in PERMISSIONS if views.role_allows(plain.world, ENGINE, right)}
    little = {right for right in PERMISSIONS if allowed(plain, 0, right) or allowed(plain, 9, right, till=0)}

    assert PERMISSIONS == everything
    assert DEVICE == little


def test_a_right_comes_from_the_role_or_is_added_and_goes_at_once(plain: PlainShop) -> None:
    plain.configure("operators", 1, {"alias": "Léa"})
    sells, refunds = allowed(plain, 1, "sales.post"), allowed(plain, 1, "sales.refund")

    plain.configure("operators", 1, {"alias": "Léa", "rights": ["sales.refund"]})
    added = allowed(plain, 1, "sales.refund")
    plain.configure("operators", 1, {"alias": "Léa", "rights": ["sales.refund"], "active": False})

    assert (True, False, True, False) == (sells, refunds, added, allowed(plain, 1, "sales.post"))


def test_who_may_not_edit_staff_sees_aliases_but_nobodys_name(bar: Shop) -> None:
    bar.configure("operators", 3, {"alias": "Zoé", "role": "employee", "name": "Zoé Lambert"})

    seen = [bar.ask("operators.get", {"id": 3}, operator=operator) for operator in (1, 3)]

    assert ["Zoé Lambert", None] == [row.get("name") for row in seen]
    assert ["Zoé", "Zoé"] == [row["alias"] for row in seen]
