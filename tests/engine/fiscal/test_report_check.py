"""The outcome of a check, sealed."""

from shop_harness import Shop

from engine.chores import check
from engine.kernel.events import JET_INTEGRITY_FAILURE

OUTCOME = {
    "gen": 1,
    "size": 10,
    "first": 0,
    "root": "ab" * 32,
    "entries": 10,
    "checkpoints": 9,
    "tickets": 0,
    "closures": 0,
    "broken": 0,
}


def test_a_whole_journal_is_reported_as_an_event_without_a_code_of_failure(bar: Shop) -> None:
    checked = check(bar.engine)

    answer = bar.do(
        "fiscal.report_check", OUTCOME | {"root": checked.root, "size": checked.size}, operator=2, source="chores"
    )

    assert (0, "journal.checked") == (answer.records[0].code, answer.records[0].what)
    assert checked.root == answer.records[0].detail["root"]


def test_a_broken_journal_is_reported_as_an_integrity_failure_and_tills_keep_selling(bar: Shop) -> None:
    report = OUTCOME | {"broken": 3, "places": ["check.leaf 1/5"]}

    answer = bar.do("fiscal.report_check", report, operator=2, source="chores")
    bar.do("cash.open", {"float_in": 0})
    sold = bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}]})

    assert JET_INTEGRITY_FAILURE == answer.records[0].code
    assert ["check.leaf 1/5"] == answer.records[0].detail["places"]
    assert "done" == sold.status


def test_an_employee_may_not_report_a_check(bar: Shop) -> None:
    refused = bar.refused("fiscal.report_check", OUTCOME, operator=3, source="console")

    assert "kernel.not_allowed" == refused.code


def test_nobody_reports_a_check_through_the_api(bar: Shop) -> None:
    refused = bar.refused("fiscal.report_check", OUTCOME, operator=2)

    assert ("kernel.wrong_source", {"source": "worker"}) == (refused.code, refused.data)


def test_a_root_that_is_no_hash_is_refused_by_name(bar: Shop) -> None:
    refused = bar.refused("fiscal.report_check", OUTCOME | {"root": "zz"}, operator=2)

    assert ("kernel.bad_request", "root") == (refused.code, refused.at)
