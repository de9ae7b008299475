"""From the sale to the paper and back: each receipt once, whatever breaks in between."""

import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image as Pictures

from drivers.printers.parser import Drawer, Say, parse
from drivers.printers.picture import to_png
from drivers.printers.profiles import PROFILES
from engine.ports.printer import Begin, Document, Outcome, PrinterError, Setup, begin_at_once
from server.outbox.printing import DRAWER_AGE_MS_MAX, JOB_AGE_MS_MAX, RETRY_FIRST_MS, RETRY_MS_MAX


def test_a_receipt_reaches_the_paper_once_and_its_outcome_is_sealed(house: Any) -> None:
    name = house.sell()

    ended = [house.outbox.step(), house.outbox.step()]

    assert [1, 0] == ended
    assert ("printed", "") == house.state(name)
    (job,) = house.printers["main"].jobs
    said = " ".join(operation.text for operation in parse(job) if isinstance(operation, Say))
    assert "Ticket n° 1" in said
    assert "ORIGINAL" in said


def test_the_code_on_the_paper_leads_to_the_sealed_leaf(house: Any) -> None:
    name = house.sell()
    house.outbox.step()
    proof_path = house.shop.ask("sales.ticket", name).proof_path
    features = PROFILES["epson-80"]

    picture = Pictures.open(io.BytesIO(to_png(parse(house.printers["main"].jobs[0]), features)))

    assert [f"https://caisse.example.fr{proof_path}"] == [found.text for found in zxingcpp.read_barcodes(picture)]


def test_jobs_of_one_printer_keep_their_order_and_its_driver(house: Any) -> None:
    for _ in range(3):
        house.sell()

    ended = [house.outbox.step() for _ in range(4)]

    assert [1, 1, 1, 0] == ended
    assert ["Ticket n° 1", "Ticket n° 2", "Ticket n° 3"] == [made.title for made in house.printers["main"].documents]
    assert 1 == house.made


@pytest.mark.parametrize("problem", ["printer.paper_out", "printer.cover_open", "printer.offline"])
def test_a_printer_in_trouble_keeps_the_original_until_it_can_print(house: Any, problem: str) -> None:
    name = house.sell()
    house.printer("main").problem = problem
    house.outbox.step()
    before = house.state(name)
    house.printer("main").problem = ""
    house.wait(RETRY_FIRST_MS)

    house.outbox.step()

    assert [("waiting", ""), ("printed", "")] == [before, house.state(name)]
    (document,) = house.printer("main").documents
    assert "ORIGINAL" in _text(document)


def test_attempts_wait_longer_and_longer_and_the_spare_takes_over(house: Any) -> None:
    name = house.sell()
    house.printer("main").problem = "printer.paper_out"

    ended = [house.outbox.step(), house.outbox.step()]
    house.wait(RETRY_FIRST_MS)
    ended += [house.outbox.step(), house.outbox.step()]
    house.wait(2 * RETRY_FIRST_MS - 1)
    ended.append(house.outbox.step())
    house.wait(1)
    ended.append(house.outbox.step())

    assert [0, 0, 0, 0, 0, 1] == ended
    assert (0, 1) == (len(house.printer("main").jobs), len(house.printer("spare").jobs))
    assert ("printed", "") == house.state(name)
    assert 2 == house.shop.engine.reader().entry(1, house.shop.engine.position[1] - 1).entry.rec[0].printer


def test_a_dead_printer_holds_up_nobody_else(house: Any) -> None:
    house.sell()
    house.printer("main").problem = "printer.unreachable"
    house.shop.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True}, till=2)

    ended = house.outbox.step()

    assert 1 == ended
    assert 1 == len(house.printers["other"].jobs)


def test_a_job_that_is_too_old_is_given_up_and_comes_out_again_only_as_a_duplicate(house: Any) -> None:
    name = house.sell()
    for address in ("main", "spare"):
        house.printer(address).problem = "printer.offline"
    for _ in range(JOB_AGE_MS_MAX // RETRY_MS_MAX + 2):
        house.outbox.step()
        house.wait(RETRY_MS_MAX)
    for printer in house.printers.values():
        printer.problem = ""

    house.shop.do("sales.copy", {"no": 1})
    house.outbox.step()

    assert ("failed", "printer.expired") == house.state(name)
    (document,) = house.printers["main"].documents
    assert "DUPLICATA n° 1" in _text(document)


def test_a_job_of_unknown_outcome_is_never_repeated(house: Any) -> None:
    name = house.sell()
    house.printer("main").next_outcomes.append(Outcome(result="unknown", code="printer.unknown"))

    house.outbox.step()
    house.wait(RETRY_MS_MAX)
    house.outbox.step()

    assert ("unknown", "printer.unknown") == house.state(name)
    assert (1, []) == (house.printers["main"].begun, house.printers["main"].jobs)


def test_after_a_crash_in_the_middle_a_job_is_unknown_and_comes_out_again_only_as_a_duplicate(house: Any) -> None:
    name = house.sell()
    printer = house.printer("main")
    print_all = printer.print

    def crash(document: Document, begin: Begin = begin_at_once) -> Outcome:
        print_all(document, begin)
        raise SystemExit("kill -9, right after the last byte")

    printer.print = crash
    with pytest.raises(SystemExit):
        house.outbox.step()
    printer.print = print_all
    house.restart().step()
    house.restart().step()

    assert ("unknown", "printer.interrupted") == house.state(name)
    assert 1 == len(printer.jobs)
    house.shop.do("sales.copy", {"no": 1})
    house.outbox.step()
    assert "DUPLICATA n° 1" in _text(printer.documents[1])


def test_after_a_crash_before_the_start_was_noted_the_original_is_printed(house: Any) -> None:
    name = house.sell()
    house.away = lambda what: what == "printing.report_started"
    house.outbox.step()
    house.away = lambda what: False

    house.restart().step()

    assert ("printed", "") == house.state(name)
    assert 1 == len(house.printers["main"].jobs)


@pytest.mark.parametrize("what", ["lost", "away"])
@pytest.mark.parametrize("report", ["printing.report_started", "printing.report_printed"])
def test_an_engine_that_is_away_for_a_while_costs_no_receipt_and_doubles_none(
    house: Any, what: str, report: str
) -> None:
    name = house.sell()
    setattr(house, what, lambda told: told == report)
    house.outbox.step()
    house.outbox.step()
    setattr(house, what, lambda told: False)
    house.wait(RETRY_MS_MAX)

    house.outbox.step()

    assert ("printed", "") == house.state(name)
    assert 1 == len(house.printers["main"].jobs)


def test_a_bug_in_a_driver_neither_stops_the_queue_nor_prints_twice(house: Any) -> None:
    first, second = house.sell(), house.sell()
    printer = house.printer("main")
    print_all = printer.print

    def stumble(document: Document, begin: Begin = begin_at_once) -> Outcome:
        begin()
        raise KeyError("a bug")

    printer.print = stumble
    house.outbox.step()
    printer.print = print_all
    house.outbox.step()

    assert [("unknown", "printer.interrupted"), ("printed", "")] == [house.state(first), house.state(second)]
    assert 1 == len(printer.jobs)


def test_two_runs_of_the_worker_at_once_print_one_receipt(house: Any) -> None:
    name = house.sell()
    one, two = house.outbox, house.restart()
    (job,) = one.heads()

    ended = [one.work(job), two.work(job), two.step()]

    assert [True, False] == ended[:2]
    assert ("printed", "") == house.state(name)
    assert 1 == len(house.printers["main"].jobs)


def test_cash_opens_the_drawer_with_the_receipt_or_without_it_but_not_late(house: Any) -> None:
    cash = [{"mode": 1}]
    house.sell(payments=cash, receipt=False)
    house.outbox.step()
    house.sell(payments=cash)
    house.outbox.step()
    house.sell(payments=cash, receipt=False)
    late = house.sell(payments=cash)
    house.wait(DRAWER_AGE_MS_MAX + 1)
    house.outbox.step()
    house.outbox.step()

    printer = house.printers["main"]
    pulses = [sum(isinstance(operation, Drawer) for operation in parse(job)) for job in printer.jobs]
    assert 1 == printer.drawer_kicks
    assert [1, 0] == pulses
    assert ("printed", "") == house.state(late)


def test_a_printer_that_is_not_configured_any_more_gives_its_jobs_up(house: Any) -> None:
    name = house.sell()
    house.shop.configure("tills", 1, {"name": "Caisse 1"})
    house.shop.do("printers.remove", {"id": 1}, till=0, operator=0)

    house.outbox.step()

    assert ("failed", "printer.bad_address") == house.state(name)


def test_a_printer_that_the_machine_s_operator_does_not_allow_gives_its_jobs_up_at_once_but_for_a_spare(
    house: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make = house.make

    def refuse(setup: Setup) -> Any:
        if setup.address in ("main", "other"):
            raise PrinterError("printer.not_allowed", "only with --allow-device /dev/usb/lp0")
        return make(setup)

    monkeypatch.setattr(house, "make", refuse)
    house.restart()
    spared = house.sell()
    alone = house.shop.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True}, till=2)

    house.outbox.step()
    for _ in range(2):
        house.wait(RETRY_MS_MAX)
        house.outbox.step()

    assert ("failed", "printer.not_allowed") == house.state({"gen": alone.gen, "seq": alone.seq})
    assert ("printed", "") == house.state(spared)
    assert 1 == len(house.printers["spare"].jobs)
    assert 2 == caplog.text.count("--allow-device /dev/usb/lp0")


def test_a_job_that_ended_while_it_was_looked_at_is_not_even_begun_again(house: Any) -> None:
    house.sell()
    house.sell()
    (stale,) = house.outbox.heads()
    house.outbox.work(stale)
    begun = house.printers["main"].begun

    again = house.outbox.work(stale)
    ended = house.outbox.step()

    assert (False, 1) == (again, ended)
    assert (1, 2) == (begun, house.printers["main"].begun)


def test_a_job_says_when_it_is_due(house: Any) -> None:
    house.printer("main").problem = "printer.paper_out"
    house.sell()
    (job,) = house.outbox.heads()

    dues = [house.outbox.due_ms(job)]
    for _ in range(2):
        house.outbox.work(job)
        dues.append(house.outbox.due_ms(job) - house.shop.clock.wall_ms())
        house.wait(dues[-1])

    assert [0, RETRY_FIRST_MS, RETRY_FIRST_MS * 2] == dues


def test_an_outcome_that_did_not_arrive_is_due_again_a_little_later(house: Any) -> None:
    house.away = lambda name: name == "printing.report_printed"
    name = house.sell()
    (job,) = house.outbox.heads()

    house.outbox.work(job)
    wait_ms = house.outbox.due_ms(job) - house.shop.clock.wall_ms()
    house.away = lambda name: False
    ended = house.outbox.work(job)

    assert (RETRY_FIRST_MS, True, ("printed", "")) == (wait_ms, ended, house.state(name))
    assert 1 == len(house.printers["main"].jobs)


def _text(document: Document) -> str:
    return " ".join(block.text for block in document.blocks if hasattr(block, "text"))
