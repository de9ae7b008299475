"""What is done with a shop beside selling, through the door that the command line uses."""

import pytest
from shop_harness import Shop

import engine.engine
from engine.engine import StoreFault, check, refold
from engine.kernel.checking import BREAKS, Break
from engine.kernel.disk import SMALL


def test_everything_that_the_door_names_is_there() -> None:
    assert [] == [name for name in engine.engine.__all__ if not hasattr(engine.engine, name)]


def test_a_check_with_its_tables_proves_a_selling_shop(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})

    checked = check(bar.engine, tables=True)
    sold = bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}]})

    assert checked.whole
    assert "done" == sold.status
    assert [] == list(bar.path.parent.glob(".*"))


def test_a_check_with_its_tables_names_a_balance_that_was_altered(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 500})
    txn = bar.engine.store.begin()
    key, _ = next(txn.scan("state", b"lb", b"lc"))
    txn.put_many("state", [(key, b"\x92\x00\xc0")])
    bar.engine.store.commit(txn)
    heard: list[Break] = []

    checked = check(bar.engine, tables=True, on_break=heard.append)

    assert ["check.tables"] == [one.code for one in checked.breaks]
    assert heard == list(checked.breaks)
    assert "1 wrong" in heard[0].text


def test_a_reader_can_be_checked_too(bar: Shop) -> None:
    assert check(bar.engine.reader()).whole


def test_a_shop_that_sells_is_not_folded_again(bar: Shop) -> None:
    with pytest.raises(StoreFault, match=r"store\.owned"):
        refold(bar.path, limits=SMALL, unsafe_filesystem=True)


def test_every_break_prints_its_code_and_its_place() -> None:
    found = Break(code="check.leaf", gen=1, seq=7, text="changed")

    assert "check.leaf at entry 7 of generation 1: changed" == str(found)
    assert found.code in BREAKS
