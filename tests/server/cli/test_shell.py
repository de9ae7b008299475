"""What all commands share: figures as people read them, ids, and text that drives nothing."""

import io
import sys
from pathlib import Path

import pytest

from server.cli.shell import Shell, count, milliseconds, money, new_id, percentile, printable


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")

    with Shell(Path("x")).progress("Selling", 3) as bar:
        bar.advance(2)
        bar.total(4)
        bar.say("Closing")

    assert "2/4" in terminal.getvalue()
    assert "Closing" in terminal.getvalue()


def test_progress_is_silent_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with Shell(Path("x")).progress("Selling") as bar:
        bar.advance()
        bar.total(4)
        bar.say("Closing")

    captured = capsys.readouterr()
    assert ("", "") == (captured.out, captured.err)


def test_figures() -> None:
    said = money(123_456), money(-5), count(1_234_567), milliseconds(340_000), milliseconds(12_600_000)

    assert ("1 234,56 €", "-0,05 €", "1 234 567", "0.34 ms", "12.6 ms") == said


def test_percentiles_are_values_that_were_measured() -> None:
    values = list(range(1, 101))

    assert (50, 90, 99, 100) == tuple(percentile(values, share) for share in (50, 90, 99, 100))
    assert (7, 0) == (percentile([7], 99), percentile([], 50))


def test_ids_are_uuids_of_version_7_in_order_of_time() -> None:
    ids = [new_id() for _ in range(50)]

    assert {16} == {len(id) for id in ids}
    assert {7} == {id[6] >> 4 for id in ids}
    assert {2} == {id[8] >> 6 for id in ids}
    assert [id[:6] for id in ids] == sorted(id[:6] for id in ids)
    assert 50 == len(set(ids))


def test_text_that_would_drive_a_terminal_is_shown_as_what_it_is() -> None:
    said = printable("Caf\x1b[2Jé\u202e\x9b\u2028\n€")

    assert "Caf\ufffd[2Jé\ufffd\ufffd\ufffd\n€" == said
