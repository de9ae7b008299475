"""A printed job is sealed once, by the run of the worker that began it."""

from shop_harness import Shop

from engine.kernel.credentials import OUTBOX
from engine.kernel.messages import Answer

FIRST, SECOND = "a" * 32, "b" * 32


def _report(shop: Shop, name: str, **body: object) -> Answer:
    return shop.engine.do(f"printing.{name}", body, id=shop.new_id(), source=OUTBOX)


def test_a_printed_job_leaves_its_queue_and_is_sealed(paper: Shop) -> None:
    answer = paper.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True})
    gen, seq = answer.gen, answer.seq
    _report(paper, "report_started", gen=gen, seq=seq, worker=FIRST)

    reported = _report(paper, "report_printed", gen=gen, seq=seq, printer=1, worker=FIRST)

    (record,) = reported.records
    assert (gen, seq, 1, "printed", "") == (record.gen, record.seq, record.printer, record.result, record.code)
    assert () == paper.ask("printing.jobs").jobs
    assert "printed" == paper.ask("printing.print", {"gen": gen, "seq": seq}).state


def test_a_job_has_one_outcome(paper: Shop) -> None:
    answer = paper.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True})
    name = {"gen": answer.gen, "seq": answer.seq, "worker": FIRST}
    _report(paper, "report_started", **name)
    _report(paper, "report_printed", **name, printer=1)

    again = _report(paper, "report_printed", **name, printer=1)
    failed = _report(paper, "report_failed", **name, printer=1, result="failed", code="printer.offline")
    started = _report(paper, "report_started", **name)

    assert ["printing.job_over"] * 3 == [again.code, failed.code, started.code]


def test_what_was_not_begun_by_this_run_was_not_printed_by_it(paper: Shop) -> None:
    answer = paper.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True})
    name = {"gen": answer.gen, "seq": answer.seq, "printer": 1}
    unbegun = _report(paper, "report_printed", **name, worker=FIRST)
    _report(paper, "report_started", gen=answer.gen, seq=answer.seq, worker=FIRST)

    other = _report(paper, "report_printed", **name, worker=SECOND)

    assert ["printing.not_started"] * 2 == [unbegun.code, other.code]
    assert 1 == len(paper.ask("printing.jobs").jobs)
