"""What the cash capability answers to, and that it listens to tickets and payments for its running totals."""

from engine.cash.close_till import CloseTill, decide_close
from engine.cash.open_till import OpenTill, decide_open
from engine.cash.records import Closed, Opened
from engine.cash.state import fold_closed, fold_opened, fold_paid, fold_ticket
from engine.cash.views import AskSession, AskTotals, answer_session, answer_x
from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.sales.records import Paid, Posted, Refunded

TABLE = Capability(
    name="cash",
    commands=(
        CommandRow(
            type=OpenTill, decide=decide_open, permission="cash.open", example={"float_in": 15_000}, new_work=True
        ),
        CommandRow(
            type=CloseTill,
            decide=decide_close,
            permission="cash.close",
            example={"counted": [{"mode": 1, "amount": 48_250}], "float_out": 15_000},
        ),
    ),
    queries=(
        QueryRow(type=AskSession, answer=answer_session, permission="cash.read", example={"till": 1}),
        QueryRow(type=AskTotals, answer=answer_x, permission="cash.read", example={"till": 1}),
    ),
    folds=(
        FoldRow(record=Opened, fold=fold_opened),
        FoldRow(record=Closed, fold=fold_closed),
        FoldRow(record=Posted, fold=fold_ticket),
        FoldRow(record=Refunded, fold=fold_ticket),
        FoldRow(record=Paid, fold=fold_paid),
    ),
    refusals={
        "cash.already_open": "The till has an open session.",
        "cash.count_missing": "The cash in the drawer was not counted.",
        "cash.counted_twice": "A payment mode is counted twice.",
        "cash.float_exceeds": "More would be left in the drawer than was counted in it.",
        "cash.totals_full": "The totals of the till would leave the range of exact integers.",
        "cash.too_large": "One ticket would move more than a million million minor units.",
        "cash.till_closed": "The till has no open session.",
        "cash.unknown_mode": "There is no such payment mode.",
        "cash.unknown_session": "The till has no such session.",
        "cash.unknown_till": "There is no such till in use.",
    },
)
