"""A plain shop in memory for the tests of the delivery capability."""

import pytest
from plain_shop import PlainShop


@pytest.fixture
def plain() -> PlainShop:
    """An empty shop."""
    return PlainShop()
