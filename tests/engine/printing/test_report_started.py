"""Jobs from the sale to the start of printing: queues, what each job is, and who may begin it."""

from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import refold
from engine.kernel.credentials import OUTBOX
from engine.kernel.disk import SMALL
from engine.kernel.messages import Answer

FIRST, SECOND = "a" * 32, "b" * 32
CASH = {"lines": [{"product": 1}], "payments": [{"mode": 1}]}
CARD = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}


def _report(shop: Shop, name: str, body: dict[str, Any]) -> Answer:
    return shop.engine.do(f"printing.{name}", body, id=shop.new_id(), source=OUTBOX)


def _jobs(shop: Shop, **body: Any) -> Any:
    return shop.ask("printing.jobs", body).jobs


def test_a_receipt_that_was_asked_for_waits_for_the_tills_printer(paper: Shop) -> None:
    answer = paper.do("sales.post", {**CARD, "receipt": True})

    (job,) = _jobs(paper)

    assert (answer.gen, answer.seq, 1, 1, 0) == (job.gen, job.seq, job.printer, job.no, job.copy)
    assert (True, False, "", 2) == (job.paper, job.drawer, job.started_by, job.spare)
    assert ("memory", "epson-80", "generic-58") == (job.setup.family, job.setup.profile, job.spare_setup.profile)
    assert "waiting" == paper.ask("printing.print", {"gen": job.gen, "seq": job.seq}).state


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (CARD, None),
        (CASH, (False, True)),
        ({**CASH, "receipt": True}, (True, True)),
    ],
)
def test_nothing_is_printed_unasked_and_cash_opens_the_drawer(
    paper: Shop, body: dict[str, Any], expected: tuple[bool, bool] | None
) -> None:
    paper.do("sales.post", body)

    jobs = _jobs(paper)

    assert ([expected] if expected else []) == [(job.paper, job.drawer) for job in jobs]


def test_a_till_without_a_printer_causes_no_job(paper: Shop) -> None:
    answer = paper.do("sales.post", {**CASH, "receipt": True}, till=2)

    assert () == _jobs(paper)
    with pytest.raises(Exception, match=r"printing\.no_such_job at seq"):
        paper.ask("printing.print", {"gen": answer.gen, "seq": answer.seq})


def test_a_till_that_loses_its_printer_prints_no_more(paper: Shop) -> None:
    paper.configure("tills", 1, {"name": "Comptoir"})
    paper.do("sales.post", {**CASH, "receipt": True})

    assert () == _jobs(paper)


def test_a_refund_is_printed_and_a_copy_is_a_job_of_its_own(paper: Shop) -> None:
    paper.do("sales.post", CARD)
    paper.do("sales.refund", {"no": 1, "lines": [{"line": 1}], "receipt": True})
    paper.do("sales.copy", {"no": 1})
    paper.do("sales.copy", {"no": 1, "how": "mail"})

    jobs = _jobs(paper, printer=1)

    assert [(2, 0), (1, 1)] == [(job.no, job.copy) for job in jobs]
    assert jobs[:1] == _jobs(paper), "without a printer, the head of each queue"


def test_heads_of_queues_come_in_pages(paper: Shop) -> None:
    paper.configure("tills", 2, {"name": "Deux", "printer": 2})
    paper.do("sales.post", {**CARD, "receipt": True})
    paper.do("sales.post", {**CARD, "receipt": True}, till=2)

    first = paper.ask("printing.jobs", {"limit": 1})
    second = paper.ask("printing.jobs", {"limit": 1, "after": first.next})
    third = paper.ask("printing.jobs", {"limit": 1, "after": second.next})

    assert [1, 2] == [page.jobs[0].printer for page in (first, second)]
    assert ((), None) == (third.jobs, third.next)


def test_a_start_is_a_mark_and_no_entry_and_belongs_to_one_run_of_the_worker(paper: Shop) -> None:
    answer = paper.do("sales.post", {**CARD, "receipt": True})
    name = {"gen": answer.gen, "seq": answer.seq}
    position = paper.engine.position

    started = _report(paper, "report_started", {**name, "worker": FIRST})
    again = _report(paper, "report_started", {**name, "worker": FIRST})
    other = _report(paper, "report_started", {**name, "worker": SECOND})

    assert ["done", "done", "printing.started_elsewhere"] == [started.status, again.status, other.code]
    assert position == paper.engine.position
    assert [FIRST] == [job.started_by for job in _jobs(paper)]
    assert "started" == paper.ask("printing.print", name).state


def test_a_start_outlives_the_engine(paper: Shop) -> None:
    answer = paper.do("sales.post", {**CARD, "receipt": True})
    _report(paper, "report_started", {"gen": answer.gen, "seq": answer.seq, "worker": FIRST})

    paper.engine.abandon()
    paper.open()

    assert [FIRST] == [job.started_by for job in _jobs(paper)]


def test_no_job_no_start_and_nobody_but_the_outbox_reports_one(paper: Shop) -> None:
    answer = paper.do("sales.post", {**CARD, "receipt": True})
    body = {"gen": answer.gen, "seq": answer.seq, "worker": FIRST}

    nothing = _report(paper, "report_started", {**body, "seq": 0})
    client = paper.send("printing.report_started", body)

    assert ("printing.no_such_job", "kernel.wrong_source") == (nothing.code, client.code)


def test_queues_and_outcomes_fold_again_to_the_same_bytes(paper: Shop) -> None:
    for n in range(4):
        answer = paper.do("sales.post", {**CASH, "receipt": n % 2 == 0})
        name = {"gen": answer.gen, "seq": answer.seq, "worker": FIRST}
        if n < 2:
            _report(paper, "report_started", name)
            _report(paper, "report_printed", {**name, "printer": 1})
    paper.do("sales.copy", {"no": 1})
    paper.configure("tills", 3, {"name": "Trois", "printer": 2})
    paper.configure("tills", 3, {"name": "Trois"})
    paper.engine.close()

    folded = refold(paper.path, limits=SMALL, unsafe_filesystem=True)

    assert () == folded.differences
    paper.open()
    assert 3 == len(_jobs(paper, printer=1))
