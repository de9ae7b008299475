"""A bar that sells: tills 1 and 2 are open."""

import pytest
from shop_harness import Shop


@pytest.fixture
def open_bar(bar: Shop) -> Shop:
    """The bar with tills 1 and 2 open; operator 1 is admin, 2 manager, 3 employee."""
    bar.do("cash.open", {"float_in": 10_000}, till=1)
    bar.do("cash.open", {"float_in": 10_000}, till=2)
    return bar
