"""A plain shop in memory, and a bar with a front desk, for the tests of the staff capability."""

import pytest
from access_harness import Desk
from plain_shop import PlainShop
from shop_harness import Shop


@pytest.fixture
def plain() -> PlainShop:
    """An empty shop."""
    return PlainShop()


@pytest.fixture
def desk(bar: Shop) -> Desk:
    """The bar's front desk: no till is enrolled yet."""
    return Desk(bar)
