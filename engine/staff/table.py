"""What the staff capability answers to."""

from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.rows import RowPut, RowRemoved
from engine.staff.change_pin import ChangePin, decide_change
from engine.staff.kinds import OPERATORS
from engine.staff.lend_rights import LendRights, decide_lend
from engine.staff.records import SessionsEnded, SignedIn, SignedOut
from engine.staff.report_pin import ReportWrongPin, decide_report_wrong
from engine.staff.set_secret import SetSecret, decide_set
from engine.staff.sign_in import SignInAtTill, decide_sign_in
from engine.staff.sign_out import SignOutAtTill, decide_sign_out
from engine.staff.state import fold_ended, fold_operator_put, fold_operator_removed, fold_signed_in, fold_signed_out
from engine.staff.try_pin import TryPin, decide_try
from engine.staff.unlock_operator import UnlockOperator, decide_unlock
from engine.staff.views import AskOperators, answer_operators

SIGN_IN = "staff.sign_in"
EXAMPLE_SECRET = {"hash": "$argon2id$v=19$m=19456,t=2,p=1$", "key": "0" * 64}

TABLE = Capability(
    name="staff",
    kinds=(OPERATORS,),
    commands=(
        CommandRow(
            type=TryPin,
            decide=decide_try,
            permission=SIGN_IN,
            example={"operator": 3},
            route=False,
            operational=True,
        ),
        CommandRow(
            type=SignInAtTill,
            decide=decide_sign_in,
            permission=SIGN_IN,
            example={"operator": 3, "way": "pin"},
            route=False,
        ),
        CommandRow(
            type=ReportWrongPin,
            decide=decide_report_wrong,
            permission=SIGN_IN,
            example={"operator": 3, "way": "pin"},
            route=False,
        ),
        CommandRow(
            type=LendRights,
            decide=decide_lend,
            permission=SIGN_IN,
            example={"operator": 3},
            route=False,
            operational=True,
        ),
        CommandRow(
            type=ChangePin,
            decide=decide_change,
            permission=SIGN_IN,
            example={"field": "pin", "secret": EXAMPLE_SECRET},
            route=False,
        ),
        CommandRow(
            type=SetSecret,
            decide=decide_set,
            permission="staff.secrets",
            example={"operator": 3, "field": "pin", "secret": EXAMPLE_SECRET},
            route=False,
        ),
        CommandRow(type=SignOutAtTill, decide=decide_sign_out, permission=SIGN_IN, example={"operator": 3}),
        CommandRow(type=UnlockOperator, decide=decide_unlock, permission="staff.unlock", example={"operator": 3}),
    ),
    queries=(QueryRow(type=AskOperators, answer=answer_operators, permission=SIGN_IN, example={}),),
    folds=(
        FoldRow(record=SignedIn, fold=fold_signed_in),
        FoldRow(record=SignedOut, fold=fold_signed_out),
        FoldRow(record=SessionsEnded, fold=fold_ended),
        FoldRow(record=RowPut, fold=fold_operator_put),
        FoldRow(record=RowRemoved, fold=fold_operator_removed),
    ),
    refusals={
        "staff.badge_taken": "somebody else has this badge",
        "staff.device_locked": "the till saw too many wrong PINs within an hour; `wait_ms` says how long it waits",
        "staff.locked": "the operator typed too many wrong PINs; a manager unlocks him",
        "staff.more_than_own": "an operator gives a right that he does not hold himself",
        "staff.no_override": "rights are lent at a till, by one operator to another",
        "staff.stays": "a password or its one-time codes cannot be taken away, only replaced",
        "staff.no_till": "PINs and badges are taken at tills only",
        "staff.no_try": "no PIN was tried, or none lent rights, at this till within the last minute",
        "staff.not_locked": "nothing locks the operator",
        "staff.not_signed_in": "the operator is not signed in at this till, or not any more",
        "staff.other_operator": "an operator signs in for another",
        "staff.own_lock": "an operator unlocks himself",
        "staff.unknown_operator": "there is no such operator in use",
        "staff.unknown_right": "the right does not exist",
        "staff.wait": "the operator typed wrong PINs; `wait_ms` says how long he waits",
    },
)
