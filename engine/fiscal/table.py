"""What the fiscal capability answers to, and the work on the journal that the command line and chores ask for."""

from engine.fiscal.check_journal import Checked, JournalCheck, check_journal
from engine.fiscal.export_journal import Manifest, export_journal
from engine.fiscal.read_export import ExportSource
from engine.fiscal.report_check import ReportCheck, decide_report
from engine.fiscal.state import fold_event
from engine.fiscal.views import AskChecks, answer_checks
from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.credentials import CHORES
from engine.kernel.events import Event

__all__ = ["TABLE", "Checked", "ExportSource", "JournalCheck", "Manifest", "check_journal", "export_journal"]

TABLE = Capability(
    name="fiscal",
    commands=(
        CommandRow(
            type=ReportCheck,
            source=frozenset({CHORES}),  # nobody says of a check what it found but who made it
            decide=decide_report,
            permission="fiscal.verify",
            example={
                "gen": 1,
                "size": 1200,
                "first": 0,
                "root": "0" * 64,
                "entries": 1200,
                "checkpoints": 900,
                "tickets": 1100,
                "closures": 4,
                "broken": 0,
            },
        ),
    ),
    queries=(QueryRow(type=AskChecks, answer=answer_checks, permission="fiscal.verify", example={}),),
    folds=(FoldRow(record=Event, fold=fold_event),),
    refusals={
        "fiscal.bad_checkpoint": "the text is no checkpoint that this shop's keys signed",
    },
)
