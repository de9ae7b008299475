"""A small bar with a front desk, for the tests of access."""

import pytest
from access_harness import Desk
from shop_harness import Shop


@pytest.fixture
def desk(bar: Shop) -> Desk:
    """The bar's front desk: no till is enrolled yet."""
    return Desk(bar)
