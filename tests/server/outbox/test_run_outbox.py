"""The outbox of a shop that is really served: paper once, copies marked, printers that wait for nobody else's."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from printer_double import TcpPrinter
from served_shop import Served, wait_until
from socket_till import SocketTill, enrol

from drivers.printers.parser import Code, Say, parse
from engine.engine import Engine, Reader
from engine.features import FEATURES

SALE = {"lines": [{"price": "1.50", "label": "Café"}], "payments": [{"mode": 2}], "receipt": True}
PUBLIC = "https://caisse.example.fr"


class Paper:
    """A served shop whose tills 1 and 2 print on two TCP printers, and a till at its socket."""

    def __init__(self, ready: Path, data: Path) -> None:
        os.rename(ready, data)
        self.data = data
        self.printers = [TcpPrinter(), TcpPrinter()]
        self.ports = [printer.port for printer in self.printers]
        with Engine(data, unsafe_filesystem=True) as engine:
            for number, printer in enumerate(self.printers, 1):
                row = {"name": f"Imprimante {number}", "family": "network", "address": printer.address}
                self._put(engine, "printers", number, row)
                self._put(engine, "tills", number, {"name": f"Caisse {number}", "printer": number})
            self.tills = {number: SocketTill(data, enrol(engine, till=number)) for number in (1, 2)}
        self.served: Served | None = None

    def _put(self, engine: Engine, kind: str, id: int, row: dict[str, Any]) -> None:
        answer = engine.do(f"{kind}.put", {"id": id, "row": row}, id=os.urandom(16))
        assert "done" == answer.status, answer

    def serve(self, *more: str) -> Served:
        """Serves it, with printers on the loopback allowed."""
        ports = [word for port in self.ports for word in ("--printer-port", str(port))]
        self.served = Served(self.data, "--allow-printer-network", "127.0.0.0/8", *ports, *more)
        return self.served

    def sell(self, till: int = 1) -> dict[str, int]:
        """A sale with a receipt; the name of its print job."""
        answer = self.tills[till].do("sales.post", SALE)
        return {"gen": answer["gen"], "seq": answer["seq"]}

    def state(self, job: dict[str, int]) -> tuple[str, str]:
        """What became of a job, as sealed."""
        with Reader(self.data, FEATURES) as reader:
            shown = reader.ask_by_name("printing.print", job)
        return shown.state, shown.code

    def wait_state(self, job: dict[str, int], *wanted: str) -> None:
        """Until a job is so."""
        wait_until(lambda: self.state(job)[0] in wanted, f"the job is {wanted}: {self.state(job)}")

    def jobs(self, number: int = 1, since: int = 0) -> list[str]:
        """The texts that came out of a printer, job by job, without the first so many."""
        jobs = self.raw(number)[since:]
        return ["\n".join(part.text for part in parse(job) if isinstance(part, Say)) for job in jobs]

    def raw(self, number: int = 1) -> list[bytes]:
        """The bytes of its jobs; connections on which it was only asked how it is are none."""
        return [job for job in self.printers[number - 1].behaviour.jobs if job]

    def close(self) -> None:
        """The end of everything."""
        if self.served is not None:
            self.served.close()
        for till in self.tills.values():
            till.close()
        for printer in self.printers:
            printer.close()


@pytest.fixture
def paper(ready_shop: Path, tmp_path: Path) -> Iterator[Paper]:
    """The shop, not yet served."""
    made = Paper(Path(shutil.copytree(ready_shop, tmp_path / "ready")), tmp_path / "paper")
    yield made
    made.close()


@pytest.fixture(scope="module")
def one_for_all(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A served shop for tests that leave it as they found it; its outbox may be killed twice in all, then it rests."""
    folder = tmp_path_factory.mktemp("outbox")
    made = Paper(Path(shutil.copytree(ready_shop, folder / "ready")), folder / "paper")
    made.serve("--public-url", PUBLIC)
    yield made
    made.close()


@pytest.fixture
def served_paper(one_for_all: Paper) -> Paper:
    """The same, with empty trays."""
    for printer in one_for_all.printers:
        printer.behaviour.jobs.clear()
    return one_for_all


def kill(served: Served, role: str) -> Callable[[], bool]:
    """Kills a process of the server; whether another has taken its place."""
    pid = served.pids()[role]
    os.kill(pid, signal.SIGKILL)
    return lambda: served.pids().get(role, pid) != pid


def give_up(paper: Paper, job: dict[str, int]) -> None:
    """Kills the outbox in the middle of a job: the next one finds that it was begun, and says that nobody knows."""
    assert paper.served is not None
    replaced = kill(paper.served, "outbox")
    wait_until(replaced, "the outbox is started again")
    paper.wait_state(job, "unknown")


def test_a_receipt_comes_out_of_its_printer_once_with_the_code_of_its_proof(served_paper: Paper) -> None:
    paper = served_paper
    jobs = [paper.sell() for _ in range(3)]

    for job in jobs:
        paper.wait_state(job, "printed")

    texts = paper.jobs()
    codes = [part.data for job in paper.raw() for part in parse(job) if isinstance(part, Code)]
    assert [1, 1, 1] == [text.count("ORIGINAL") for text in texts]
    assert 3 == len(set(texts))
    assert all("DUPLICATA" not in text and "Café" in text for text in texts)
    assert [f"{PUBLIC}/proof".encode()] * 3 == [code.rpartition(b"/")[0] for code in codes]
    assert 3 == len(set(codes))
    assert [] == paper.jobs(2)


def test_a_printer_that_was_away_prints_once_it_is_back_and_the_paper_is_no_duplicate(
    served_paper: Paper,
) -> None:
    paper = served_paper
    paper.printers[0].close()
    away = paper.sell()
    other = paper.sell(till=2)
    paper.wait_state(other, "printed")
    assert "waiting" == paper.state(away)[0]

    paper.printers[0] = TcpPrinter(paper.ports[0])
    paper.wait_state(away, "printed")

    (text,) = paper.jobs()
    assert "DUPLICATA" not in text
    assert 1 == len(paper.jobs(2))


def test_a_printer_that_hangs_delays_nobody_else(served_paper: Paper) -> None:
    paper = served_paper
    paper.printers[0].behaviour.finishes = False
    hanging = paper.sell()
    paper.wait_state(hanging, "started")

    others = [paper.sell(till=2) for _ in range(5)]
    for job in others:
        paper.wait_state(job, "printed")

    assert "started" == paper.state(hanging)[0]
    assert 5 == len(paper.jobs(2))
    paper.printers[0].behaviour.finishes = True
    give_up(paper, hanging)


def test_a_job_that_was_begun_when_the_outbox_was_killed_comes_out_again_only_as_a_duplicate(
    served_paper: Paper,
) -> None:
    paper = served_paper
    paper.printers[0].behaviour.finishes = False
    job = paper.sell()
    paper.wait_state(job, "started")

    give_up(paper, job)
    paper.printers[0].behaviour.finishes = True
    before = len(paper.raw())  # the last of them was cut wherever the outbox was when it was killed
    copy = paper.tills[1].do("sales.copy", {**job, "how": "print"})
    paper.wait_state({"gen": copy["gen"], "seq": copy["seq"]}, "printed")

    assert ("unknown", "printer.interrupted") == paper.state(job)
    (text,) = paper.jobs(since=before)
    assert "DUPLICATA" in text


def test_sigterm_ends_everything_within_five_seconds_while_a_printer_hangs(paper: Paper) -> None:
    paper.printers[0].behaviour.finishes = False
    served = paper.serve()
    job = paper.sell()
    paper.wait_state(job, "started")

    began = time.monotonic()
    code = served.stop()
    took = time.monotonic() - began

    assert 0 == code, served.process
    assert took < 6
    assert "started" == paper.state(job)[0]
    paper.printers[0].behaviour.finishes = True
    paper.serve()
    paper.wait_state(job, "unknown")


def test_helpers_that_are_killed_come_back_and_never_end_the_selling(paper: Paper) -> None:
    served = paper.serve()

    for _ in range(2):
        for role in ("outbox", "chores"):
            wait_until(lambda role=role: role in served.pids(), f"there is {role}")
            replaced = kill(served, role)
            paper.sell(till=2)
            wait_until(replaced, f"{role} is started again")
    kill(served, "outbox")
    wait_until(lambda: "outbox died 3 times" in served.said(), "it is said that the outbox backs off")
    last = paper.sell()

    assert served.process.poll() is None
    assert "waiting" == paper.state(last)[0]
    assert 0 == served.stop()
    paper.serve()
    paper.wait_state(last, "printed")


def test_what_the_operator_of_the_machine_has_not_allowed_is_not_called(paper: Paper) -> None:
    paper.served = served = Served(paper.data)
    job = paper.sell()

    paper.wait_state(job, "failed")

    assert ("failed", "printer.not_allowed") == paper.state(job)
    assert f"--printer-port {paper.ports[0]}" in served.said()
    assert [] == paper.jobs()
