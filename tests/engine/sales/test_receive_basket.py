"""What a till may send, before anything is looked up."""

import msgspec
import pytest

from engine.sales.receive_basket import Basket, LineIn


def test_a_basket_says_only_what_it_must() -> None:
    basket = msgspec.json.decode(b'{"lines": [{"product": 3}]}', type=Basket)

    assert basket == Basket(lines=(LineIn(product=3),))
    assert (basket.customer, basket.table, basket.covers, basket.zone) == (None, None, 0, None)


@pytest.mark.parametrize(
    "body",
    ['{"lines": []}', '{"lines": [{}], "covers": 1000}', '{"lines": [{}], "table": 0}', '{"lines": [{}], "mode": 7}'],
)
def test_what_is_out_of_its_bounds_is_refused_by_its_form(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Basket)
