"""What the integrations capability answers to, and the events that it listens to for other people's software."""

from engine.cash.records import Closed, Opened
from engine.integrations.kinds import WEBHOOKS
from engine.integrations.records import Delivered, Failed, Replayed, SecretRotated
from engine.integrations.replay_events import ReplayEvents, decide_replay
from engine.integrations.report_delivered import ReportDelivered, decide_report_delivered
from engine.integrations.report_failed import ReportFailed, decide_report_failed
from engine.integrations.rotate_secret import RotateSecret, decide_rotate_secret
from engine.integrations.state import (
    fold_closed,
    fold_delivered,
    fold_failed,
    fold_opened,
    fold_paid,
    fold_posted,
    fold_refunded,
    fold_replayed,
    fold_rotated,
    fold_row_put,
    fold_row_removed,
)
from engine.integrations.views import AskHooks, AskJobs, AskStatus, answer_hooks, answer_jobs, answer_status
from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.credentials import OUTBOX
from engine.kernel.rows import RowPut, RowRemoved
from engine.sales.records import Paid, Posted, Refunded

WRITE = "integrations.write"
READ = "integrations.read"
FROM_OUTBOX = frozenset({OUTBOX})

TABLE = Capability(
    name="integrations",
    kinds=(WEBHOOKS,),
    commands=(
        CommandRow(
            type=ReportDelivered,
            decide=decide_report_delivered,
            permission=WRITE,
            example={"heard": [{"id": 1, "turn": 281474976710700, "position": 281474976710720, "number": 0}]},
            source=FROM_OUTBOX,
        ),
        CommandRow(
            type=ReportFailed,
            decide=decide_report_failed,
            permission=WRITE,
            example={
                "id": 1,
                "turn": 281474976710700,
                "position": 281474976710720,
                "number": 0,
                "reason": "status",
                "status": 500,
                "attempts": 9,
            },
            source=FROM_OUTBOX,
        ),
        CommandRow(
            type=RotateSecret,
            decide=decide_rotate_secret,
            permission=WRITE,
            example={
                "id": 1,
                "secret": {"hash": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key": "bIlLzEtUBmyZ9nTIJgA5Vg"},
            },
        ),
        CommandRow(type=ReplayEvents, decide=decide_replay, permission=WRITE, example={"id": 1, "gen": 1, "seq": 12}),
    ),
    queries=(
        QueryRow(type=AskHooks, answer=answer_hooks, permission=READ, example={}, routed=False),
        QueryRow(type=AskJobs, answer=answer_jobs, permission=READ, example={"hook": 1, "position": 0}, routed=False),
        QueryRow(type=AskStatus, answer=answer_status, permission=READ, example={"id": 1}),
    ),
    folds=(
        FoldRow(record=Posted, fold=fold_posted),
        FoldRow(record=Refunded, fold=fold_refunded),
        FoldRow(record=Paid, fold=fold_paid),
        FoldRow(record=Opened, fold=fold_opened),
        FoldRow(record=Closed, fold=fold_closed),
        FoldRow(record=RowPut, fold=fold_row_put),
        FoldRow(record=RowRemoved, fold=fold_row_removed),
        FoldRow(record=Delivered, fold=fold_delivered),
        FoldRow(record=Failed, fold=fold_failed),
        FoldRow(record=SecretRotated, fold=fold_rotated),
        FoldRow(record=Replayed, fold=fold_replayed),
    ),
    refusals={
        "integrations.bad_place": "the journal has no such place yet",
        "integrations.bad_port": "an endpoint is called on port 443, or 8443 where that is allowed",
        "integrations.bad_report": "a report of the outbox contradicts itself or the journal",
        "integrations.bad_secret": "the secret is no Standard Webhooks secret",
        "integrations.bad_url": "the address of the endpoint is malformed or names no host",
        "integrations.no_progress": "the report says nothing that is not known, or is about a former state",
        "integrations.not_https": "an endpoint is called over https only",
        "integrations.outbox_only": "only the outbox may say or ask this",
        "integrations.unknown_webhook": "there is no such endpoint",
    },
)
