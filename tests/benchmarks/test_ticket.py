"""The ticket that is measured is the one that is promised: five lines, two rates, one discount, one payment."""

from pathlib import Path

from benchmarks import bench_sale, probe, ticket
from benchmarks.figures import Plan
from engine.kernel.disk import SMALL
from engine.sales.records import Posted


def test_the_measured_ticket_has_five_lines_two_rates_one_discount_and_one_payment(tmp_path: Path) -> None:
    engine = ticket.new_shop(tmp_path / "shop", SMALL, unsafe=True)

    sold = ticket.must(engine.submit([ticket.sale(0)])[0]).records[0]

    engine.close()
    assert isinstance(sold, Posted)
    assert (5, 2, 1, 1) == (len(sold.lines), len(sold.rates), len(sold.disc), len(sold.legs))
    assert sold.disc[0].granted < 0
    assert sold.legs[0].change > 0
    assert sold.due == 0


def test_a_measured_group_is_sealed_whole_and_its_figures_are_ratios_of_f(tmp_path: Path) -> None:
    engine = ticket.new_shop(tmp_path / "shop", SMALL, unsafe=True)
    plan = Plan(directory=tmp_path, s_ns=1.0, f_ns=1.0)
    before = engine.position[1]

    level = bench_sale.durable(engine, plan, in_flight=4, groups=3)

    assert before + 4 * 3 == engine.position[1]
    engine.close()
    assert round(level["p50_us"] * 1e3 / level["f_ns"], 6) == round(level["p50_f"], 6)
    assert level["p50_f"] <= level["p99_f"]


def test_command_ids_are_uuids_of_version_seven_in_order_of_time() -> None:
    ids = [ticket.new_id() for _ in range(100)]

    assert all(id[6] >> 4 == 7 and id[8] >> 6 == 2 for id in ids)
    assert sorted(id[:6] for id in ids) == [id[:6] for id in ids]
    assert len(set(ids)) == len(ids)


def test_the_probes_say_how_fast_the_machine_is(tmp_path: Path) -> None:
    found = probe.machine(tmp_path)

    assert found["s_ns"] > 0
    assert found["f_ns"] > 0
    assert probe.written_bytes() > 0
    assert probe.memory_bytes() > 0
