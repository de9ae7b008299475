"""A job that is given up is sealed with its reason; what another run began can only be unknown."""

from shop_harness import Shop

from engine.kernel.credentials import OUTBOX
from engine.kernel.messages import Answer

FIRST, SECOND = "a" * 32, "b" * 32


def _sell(shop: Shop) -> dict[str, int]:
    answer = shop.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True})
    return {"gen": answer.gen, "seq": answer.seq}


def _report(shop: Shop, name: str, **body: object) -> Answer:
    return shop.engine.do(f"printing.{name}", body, id=shop.new_id(), source=OUTBOX)


def test_a_job_that_failed_is_over_and_says_why(paper: Shop) -> None:
    name = _sell(paper)

    answer = _report(paper, "report_failed", **name, printer=1, worker=FIRST, result="failed", code="printer.paper_out")

    assert ("failed", "printer.paper_out") == (answer.records[0].result, answer.records[0].code)
    shown = paper.ask("printing.print", name)
    assert ("failed", "printer.paper_out") == (shown.state, shown.code)
    assert () == paper.ask("printing.jobs").jobs


def test_what_another_run_began_did_not_fail_but_is_unknown(paper: Shop) -> None:
    name = _sell(paper)
    _report(paper, "report_started", **name, worker=FIRST)
    body = {**name, "printer": 1, "worker": SECOND, "code": "printer.interrupted"}

    failed = _report(paper, "report_failed", **body, result="failed")
    unknown = _report(paper, "report_failed", **body, result="unknown")

    assert ("printing.started_elsewhere", "result") == (failed.code, failed.at)
    assert "unknown" == unknown.records[0].result


def test_a_reason_that_no_printer_has_is_refused(paper: Shop) -> None:
    name = _sell(paper)

    answer = _report(paper, "report_failed", **name, printer=1, worker=FIRST, result="failed", code="printer.tired")

    assert ("printing.unknown_problem", "code") == (answer.code, answer.at)


def test_after_a_job_of_unknown_outcome_the_next_output_is_a_duplicate(paper: Shop) -> None:
    name = _sell(paper)
    _report(paper, "report_started", **name, worker=FIRST)
    _report(paper, "report_failed", **name, printer=1, worker=FIRST, result="unknown", code="printer.unknown")

    paper.do("sales.copy", {"no": 1})

    (job,) = paper.ask("printing.jobs").jobs
    assert (1, 1) == (job.no, job.copy)
    assert "DUPLICATA n° 1" in paper.ask("printing.receipt", {"no": job.no, "copy": job.copy}).text
