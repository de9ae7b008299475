"""``guichet demo``: a demo shop that is served, a crowd that buys over HTTP, a receipt, a verified journal, figures."""

import argparse
import contextlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from drivers.printers import picture
from engine.engine import Engine, StoreFault, check
from engine.ports.printer import Setup
from server.cli import upkeep
from server.cli.shell import Exit, Problem, Shell, count, milliseconds, money, percentile
from server.demo import catalogue
from server.demo.baskets import PLACES
from server.demo.crowd import MANAGER, Crowd, Outcome
from server.demo.open_shop import Opened, open_shop
from server.demo.over_http import DemoTrouble, Device, HttpCounter
from server.options import PORT_DEFAULT, Options
from server.serve import CannotServe, Supervisor, bind

TICKETS_DEFAULT = 2_000
TICKETS_MIN = 20
SEED_DEFAULT = 2026
SALES_PER_SECOND = 10_000  # the crowd is faster than people: a till's own limit would hold it back
PICTURE = "receipt.png"
PRINTER = Setup(family="network", address="127.0.0.1", profile="epson-80")
"""The printer that the receipt's picture is drawn for; nothing is sent to it."""

TEMPORARY = ("/var/tmp", ".")  # noqa: S108 - the demo makes a directory of its own there
"""Where the demo shop goes when the temporary directory lies on a file system that keeps nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet demo`` takes."""
    parser.add_argument("--once", action="store_true", help="end after the demonstration, also at a terminal")
    parser.add_argument(
        "--tickets", type=int, default=TICKETS_DEFAULT, help=f"how many to sell (default {TICKETS_DEFAULT})"
    )
    parser.add_argument("--seed", type=int, default=SEED_DEFAULT, help="another number, another crowd")
    parser.add_argument(
        "--port", type=int, help=f"where to serve (default {PORT_DEFAULT}, or a free one where it is taken)"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="where the picture of a receipt goes (PNG)")


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """The whole demonstration; 0 only if all of it held."""
    if arguments.tickets < TICKETS_MIN:
        raise Problem("demo.too_few", f"the demonstration sells {TICKETS_MIN} tickets at least", "Raise --tickets.")
    with _place(shell) as (path, unsafe):
        shell.say(f"A bar with a ticket window opens in {path}.")
        if unsafe:
            shell.say("  Its file system may lose what it says it wrote: the figures below say nothing of a real disk.")
        opened = open_shop(path, unsafe=unsafe)
        day = _Day(path, opened, arguments, shell)
        if not opened.problems:
            _serve(path, unsafe, arguments, shell, day)
        for problem in day.problems:
            sys.stderr.write(f"guichet: demo: {problem}\n")
        _farewell(shell, path, held=not day.problems, kept=shell.chosen)
        kept = str(path) if shell.chosen else None
        shell.result({"ok": not day.problems, "problems": day.problems, "data": kept, **day.facts})
    return Exit.WRONG if day.problems else Exit.OK


@contextlib.contextmanager
def _place(shell: Shell) -> Iterator[tuple[Path, bool]]:
    """Where the shop goes, and whether its file system is unsafe: the place that was named and stays, or a temporary
    one that is removed at the end."""
    if shell.chosen:
        yield shell.data, _create(shell.data, allow=shell.unsafe)
        return
    for parent in (tempfile.gettempdir(), *TEMPORARY, None):
        directory = Path(tempfile.mkdtemp(prefix="guichet-demo-", dir=parent))
        try:
            try:
                unsafe = _create(directory / "shop", allow=shell.unsafe or parent is None)
            except StoreFault as fault:
                if fault.code != "store.filesystem" or parent is None:
                    raise
                continue
            yield directory / "shop", unsafe
            return
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _create(path: Path, *, allow: bool) -> bool:
    """Makes the shop, on an unsafe file system only where there is no other and it is allowed; whether it was."""
    try:
        Engine.create(path)
    except StoreFault as fault:
        if fault.code != "store.filesystem" or not allow:
            raise
        Engine.create(path, unsafe_filesystem=True)
        return True
    return False


def _serve(path: Path, unsafe: bool, arguments: argparse.Namespace, shell: Shell, day: "_Day") -> None:
    """Serves the shop while the crowd buys; afterwards, at a terminal, until Ctrl-C."""
    stays = not arguments.once and not shell.json and sys.stdout.isatty()
    options, listener = _listen(path, unsafe, arguments.port)
    supervisor = Supervisor(options, listener, shell.say)
    port = listener.getsockname()[1]

    def ready() -> None:
        shell.say(f"  served at http://127.0.0.1:{port} by {', '.join(supervisor.children)}")
        crowd.start()

    def buy() -> None:
        try:
            day.run(port)
        finally:
            if not supervisor.stopping:
                ended.set()
            if stays and not day.problems:
                _invite(shell, port, day.opened)
            else:
                supervisor.stop()

    ended = threading.Event()
    crowd = threading.Thread(target=buy, name="crowd")
    try:
        supervisor.run(ready)
    except CannotServe as error:
        day.problems.append(str(error))
        ended.set()
    interrupted = not ended.is_set()
    if crowd.ident is not None:
        crowd.join()  # nobody answers it any more
    if interrupted:
        raise KeyboardInterrupt


def _listen(path: Path, unsafe: bool, port: int | None) -> tuple[Options, Any]:
    """The options and the listening socket: on the port that was named, else on the usual one, else on a free one."""
    options = Options(
        data=str(path),
        port=PORT_DEFAULT if port is None else port,
        unsafe_filesystem=unsafe,
        sales_per_second=SALES_PER_SECOND,
        sales_burst=SALES_PER_SECOND,
    )
    try:
        return options, bind(options)
    except CannotServe as error:
        if port is not None:
            raise Problem("serve.listen", str(error), "Choose another --port.", exit=Exit.FAULT) from error
    options = msgspec.structs.replace(options, port=0)
    return options, bind(options)


class _Day:
    """One day of the served shop: opened, sold at, closed, verified; what it came to, and all that was not right."""

    def __init__(self, path: Path, opened: Opened, arguments: argparse.Namespace, shell: Shell) -> None:
        self.opened = opened
        self.problems = list(opened.problems)
        self.facts: dict[str, Any] = {}
        self._path = path
        self._arguments = arguments
        self._shell = shell

    def run(self, port: int) -> None:
        """The day from its first till to its last closing."""
        opened = self.opened
        devices = {till: Device("127.0.0.1", port, token, opened.pins) for till, token in opened.tokens.items()}
        counter = HttpCounter(devices, f"http://127.0.0.1:{port}")
        try:
            self._sell(counter)
        except DemoTrouble as trouble:
            self.problems.append(str(trouble))
        finally:
            counter.close()

    def _sell(self, counter: HttpCounter) -> None:
        shell, tickets = self._shell, self._arguments.tickets
        people = len(self.opened.pins)
        shell.say(
            f"  {sum(1 for _ in catalogue.products())} products, {len(catalogue.TILLS)} tills, {people} operators"
        )
        crowd = Crowd(counter, self._arguments.seed)
        crowd.open_tills()
        started = time.perf_counter_ns()
        with shell.progress("Selling over HTTP", tickets) as bar:
            outcome = crowd.sell(tickets, bar.advance)
        took = time.perf_counter_ns() - started
        crowd.close_tills()
        self.problems += outcome.problems
        if not outcome.problems and outcome.receipt_no:
            self._show(counter, outcome.receipt_no)
        checked = self._verify()
        self.problems += [str(each) for each in checked.breaks]
        self.facts = _figures(outcome, checked.entries, took)
        _tell(shell, outcome, self.facts, verified=not checked.breaks)

    def _show(self, counter: HttpCounter, no: int) -> None:
        """The receipt as text, and as the picture of its paper."""
        shown = counter.ask("printing.receipt", {"no": no}, PLACES[0].till, MANAGER)
        self._shell.say("", f"One of the receipts (ticket {no}):", "")
        self._shell.say(*[f"    {line}" for line in shown.text.splitlines()])
        place = self._arguments.picture or (self._path / PICTURE if self._shell.chosen else None)
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(picture.preview(shown.document, PRINTER))
            self._shell.say("", f"    as a picture: {place}")
        path = counter.ask("sales.ticket", {"no": no}, PLACES[0].till, MANAGER).proof_path
        if (status := counter.status_of(path)) != HTTPStatus.OK:
            self.problems.append(f"the proof of ticket {no} is answered {status}: {path}")
        self._shell.say("", f"    its proof, for the customer: {counter.address}{path}")

    def _verify(self) -> Any:
        """Checks the whole journal while the shop is served, as ``guichet verify`` does."""
        with self._shell.progress("Verifying the journal") as bar:
            return check(self._path, progress=upkeep.following(bar))


def _figures(outcome: Outcome, entries: int, took_ns: int) -> dict[str, Any]:
    """The figures of the day; times in nanoseconds, amounts in cents."""
    return {
        "tickets": outcome.tickets,
        "lines": outcome.lines,
        "refunds": outcome.refunds,
        "paid_later": outcome.paid_later,
        "copies": outcome.copies,
        "repeats": outcome.repeats,
        "turnover": outcome.turnover,
        "entries": entries,
        "tickets_per_second": round(outcome.tickets * 1e9 / took_ns) if took_ns else 0,
        "answer_p50_ns": percentile(outcome.answers_ns, 50),
        "answer_p90_ns": percentile(outcome.answers_ns, 90),
        "answer_p99_ns": percentile(outcome.answers_ns, 99),
    }


def _tell(shell: Shell, outcome: Outcome, facts: dict[str, Any], *, verified: bool) -> None:
    shell.say("", "The day:")
    shell.table(
        {
            "tickets": f"{count(outcome.tickets)} with {count(outcome.lines)} lines, {outcome.refunds} of them refunds",
            "also": f"{outcome.paid_later} paid later, {outcome.copies} duplicates, {outcome.repeats} sent twice",
            "turnover": f"{money(outcome.turnover)}, the same by the tills' closings and by the crowd's own books",
            "speed": f"{count(facts['tickets_per_second'])} tickets a second over HTTP, priced first and then sold, by "
            f"{len(catalogue.TILLS)} tills, one command in flight each",
            "answers": f"p50 {milliseconds(facts['answer_p50_ns'])}, p90 {milliseconds(facts['answer_p90_ns'])}, "
            f"p99 {milliseconds(facts['answer_p99_ns'])}, each on disk before it was sent",
            "journal": f"{count(facts['entries'])} entries, " + ("verified" if verified else "NOT whole"),
        }
        if not outcome.problems
        else {"tickets": f"{count(outcome.tickets)}, then something went wrong (below)"}
    )


def _invite(shell: Shell, port: int, opened: Opened) -> None:
    """Says how to go on at the shop that is served."""
    shell.say("", f"The shop is served at http://127.0.0.1:{port} until Ctrl-C. Sell something yourself:", "")
    base = f"http://127.0.0.1:{port}/api/v1"
    id = "$(cat /proc/sys/kernel/random/uuid)"
    shell.say(
        f"  TOKEN={opened.tokens[1]}",
        "  ask() {",
        f'    curl -s -b jar -c jar {base}/$1 -H "Authorization: Bearer $TOKEN" \\',
        f'      -H "Content-Type: application/json" -H "Idempotency-Key: {id}" -d "$2"; echo',
        "  }",
        f"""  ask auth/pin '{{"operator": 1, "pin": "{opened.pins[1]}"}}'""",
        """  ask cash/open '{"float_in": 15000}'""",
        """  ask sales/post '{"lines": [{"product": 1}], "payments": [{"mode": 1}]}'""",
        "",
        f"  the API for people: http://127.0.0.1:{port}/api",
    )


def _farewell(shell: Shell, path: Path, *, held: bool, kept: bool) -> None:
    if not held:
        shell.say("", "Not all of it held; see above.")
        return
    here = f" --data {path}" if kept else ""
    shell.say("", "What to try next:")
    if kept:
        shell.say(f"  guichet ticket show 12{here}", f"  guichet verify{here}", f"  guichet backup{here} DIRECTORY")
    else:
        shell.say("  guichet demo --data ./var/demo     the same, kept, to look at with the other commands")
    shell.say(
        "  guichet bench                      what this machine can carry",
        "  guichet init --data ./var/shop     a shop of your own",
    )
