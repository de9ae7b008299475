"""What the printing capability answers to, and that it listens to tickets, copies and tills for its jobs."""

from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.credentials import OUTBOX
from engine.kernel.rows import RowPut, RowRemoved
from engine.printing.kinds import LOGOS, PRINTERS
from engine.printing.print_receipt import AskReceipt, answer_receipt
from engine.printing.records import Reported
from engine.printing.report_failed import ReportFailed, decide_failed
from engine.printing.report_printed import ReportPrinted, decide_printed
from engine.printing.report_started import ReportStarted, decide_started
from engine.printing.state import fold_copied, fold_reported, fold_ticket, fold_till_put, fold_till_removed
from engine.printing.views_jobs import AskJobs, AskPrint, answer_jobs, answer_print
from engine.sales.records import Copied, Posted, Refunded

REPORT = "printing.report"
FROM_OUTBOX = frozenset({OUTBOX})
WORKER = "00112233445566778899aabbccddeeff"

TABLE = Capability(
    name="printing",
    kinds=(PRINTERS, LOGOS),
    commands=(
        CommandRow(
            type=ReportStarted,
            decide=decide_started,
            permission=REPORT,
            example={"gen": 1, "seq": 40, "worker": WORKER},
            source=FROM_OUTBOX,
            operational=True,
        ),
        CommandRow(
            type=ReportPrinted,
            decide=decide_printed,
            permission=REPORT,
            example={"gen": 1, "seq": 40, "printer": 1, "worker": WORKER},
            source=FROM_OUTBOX,
        ),
        CommandRow(
            type=ReportFailed,
            decide=decide_failed,
            permission=REPORT,
            example={
                "gen": 1,
                "seq": 40,
                "printer": 1,
                "worker": WORKER,
                "result": "unknown",
                "code": "printer.unknown",
            },
            source=FROM_OUTBOX,
        ),
    ),
    queries=(
        QueryRow(type=AskReceipt, answer=answer_receipt, permission="sales.read", example={"no": 1, "width": 42}),
        QueryRow(type=AskJobs, answer=answer_jobs, permission="printing.read", example={"printer": 1}, routed=False),
        QueryRow(type=AskPrint, answer=answer_print, permission="printing.read", example={"gen": 1, "seq": 40}),
    ),
    folds=(
        FoldRow(record=RowPut, fold=fold_till_put),
        FoldRow(record=RowRemoved, fold=fold_till_removed),
        FoldRow(record=Posted, fold=fold_ticket),
        FoldRow(record=Refunded, fold=fold_ticket),
        FoldRow(record=Copied, fold=fold_copied),
        FoldRow(record=Reported, fold=fold_reported),
    ),
    refusals={
        "printing.bad_address": "The address has not the form of the printer's family.",
        "printing.bad_logo": "The logo's bits are no picture of its width.",
        "printing.job_over": "The print job has its outcome already.",
        "printing.no_such_copy": "No copy was sealed under this number.",
        "printing.no_such_job": "The entry caused no print job.",
        "printing.not_asked": "The sale asked for no receipt, so there is no original to print.",
        "printing.not_started": "The job's start was not reported by this run of the worker.",
        "printing.not_allowed": "This server's machine drives no such printer; the text names the option that would.",
        "printing.started_elsewhere": "Another run of the worker began the job; its outcome is unknown.",
        "printing.unknown_problem": "The code is none that a printer can have.",
    },
)
