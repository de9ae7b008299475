"""The load generator sells what it says, once each, and its losses are real."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import anchors, history, served
from benchmarks.load import Load, Phase

SEED = 7
TILLS = 4


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return served.make_shop(tmp_path_factory.mktemp("load") / "shop", tills=TILLS, unsafe=True)


def _load(port: int, templates: list[list[str]], **named: Any) -> Load:
    return Load(port=port, connections=TILLS, templates=templates, seed=SEED, **named)


def test_an_anchor_answers_every_request_of_a_closed_loop(tmp_path: Path) -> None:
    template = served.request("/", "", {"Accept": "*/*"}, "GET")

    with anchors.running("hello") as port:
        summary, times = served.run_load(tmp_path, _load(port, [template], phases=[Phase(seconds=0.2)]))

    assert summary.requests == len(times) > 0
    assert {200} == set(times[:, 2].tolist())
    assert (times[:, 1] > times[:, 0]).all()


def test_the_echo_sends_back_what_it_was_sent(tmp_path: Path) -> None:
    template = served.request("/", '{"a": 1}', {})
    kept = tmp_path / "answers"

    with anchors.running("echo") as port:
        served.run_load(tmp_path, _load(port, [template], phases=[Phase(seconds=0.1)], answers=str(kept)))

    assert {b'{"a":1}'} == set(kept.read_bytes().splitlines())


def test_paced_requests_leave_at_their_rate_and_are_timed_from_when_they_were_due(tmp_path: Path) -> None:
    template = served.request("/", "", {}, "GET")
    phases = [Phase(seconds=0.2, rate=200), Phase(seconds=0.2, rate=400)]

    with anchors.running("hello") as port:
        summary, times = served.run_load(tmp_path, _load(port, [template], phases=phases))

    due = sorted(times[:, 0].tolist())
    assert summary.requests + summary.unsent == pytest.approx(0.2 * 200 + 0.2 * 400, abs=2)
    assert (times[:, 1] >= times[:, 0]).all()
    assert len(set(due)) == len(due)


def test_a_sale_whose_answer_is_lost_is_in_the_journal_once(shop: Path, tmp_path: Path) -> None:
    kept = tmp_path / "answers"

    with served.Served(shop, "--unsafe-filesystem") as server:
        load = _load(
            server.port, served.sale_requests(shop, TILLS), phases=[Phase(seconds=0.5)], drop=0.3, answers=str(kept)
        )
        summary, times = served.run_load(tmp_path, load)
    told = history.read_answers(kept)
    verdict = history.judge(shop, told)

    assert {200} == set(times[:, 2].tolist())
    assert summary.dropped > 0
    assert len(times) == len({one.id for one in told}) == verdict.told
    assert (0, 0, 0, 0) == (verdict.lost, verdict.doubled, verdict.gaps, verdict.broken)
    assert verdict.repeated > 0


def test_the_judge_convicts_an_answer_that_the_journal_does_not_know(shop: Path) -> None:
    planted = history.Told(id="0" * 32, seq=1, leaf="", repeated=False)

    verdict = history.judge(shop, [planted, history.Told(id="0" * 32, seq=2, leaf="", repeated=True)])

    assert (2, 1) == (verdict.lost, verdict.doubled)


def test_a_batch_is_one_request_with_an_id_for_each_of_its_sales(shop: Path) -> None:
    template = served.batch_requests(shop, 3, tills=1)[0]

    sent = ("0" * 32).join(template)

    head, _, body = sent.partition("\r\n\r\n")
    assert 3 + 1 == len(template)
    assert f"Content-Length: {len(body)}" in head
