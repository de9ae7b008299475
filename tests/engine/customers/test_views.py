"""What pricing hears of a customer."""

from plain_shop import PlainShop

from engine.customers import views


def test_a_customer_comes_with_group_profile_and_what_proves_it(plain: PlainShop) -> None:
    plain.configure("customer-groups", 3, {"title": "Écoles"})
    plain.configure("customers", 1, {"title": "École", "group": 3, "tax_profile": "exempt", "proof": "EX 42"})
    row = {"title": "Bar à Gand", "country": "BE", "vat_number": "BE0123456789", "tax_profile": "intra-eu"}
    plain.configure("customers", 2, row)

    school, bar = views.customer(plain.world, 1), views.customer(plain.world, 2)

    assert school is not None
    assert bar is not None
    assert (school.group, school.profile, school.proof, school.discount) == (3, "exempt", "EX 42", None)
    assert (bar.profile, bar.proof, bar.country) == ("intra-eu", "BE0123456789", "BE")
    assert views.customer(plain.world, 3) is None


def test_a_customers_own_percentage_is_a_discount_of_the_customer(plain: PlainShop) -> None:
    plain.configure("customers", 1, {"title": "Mairie", "percent": "-5"})

    found = views.customer(plain.world, 1)

    assert found is not None
    assert found.discount is not None
    assert (found.discount.own, found.discount.id, found.discount.percent) == (True, 1, -5_000)
    assert found.discount.version == found.version


def test_a_configured_discount_is_read_as_it_stands_and_only_while_it_is_in_use(plain: PlainShop) -> None:
    plain.configure("discounts", 7, {"title": "Fidèle", "percent": "-3", "amount": "-1.50"})
    plain.configure("customers", 1, {"title": "Mairie", "discount": 7})
    before = views.customer(plain.world, 1)
    plain.configure("discounts", 7, {"title": "Fidèle", "percent": "-3", "amount": "-1.50", "active": False})

    after = views.customer(plain.world, 1)

    assert before is not None
    assert before.discount is not None
    assert (before.discount.own, before.discount.percent, before.discount.amount) == (False, -3_000, -150)
    assert after is not None
    assert after.discount is None
