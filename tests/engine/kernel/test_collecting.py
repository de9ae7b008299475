"""The collector is still while a group is open, and as the program left it afterwards."""

import gc

import pytest

from engine.kernel import collecting


def test_nothing_is_collected_while_paused_and_everything_is_as_before_afterwards() -> None:
    before = gc.isenabled()

    with collecting.paused():
        inside = gc.isenabled()

    assert not inside
    assert before == gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collecting.paused():
            pass

        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_fault_does_not_leave_it_off() -> None:
    with pytest.raises(RuntimeError), collecting.paused():
        raise RuntimeError

    assert gc.isenabled()
