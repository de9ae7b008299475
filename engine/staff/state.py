"""Tables and folds of who stands at which till, and since when an operator's earlier sign-ins are over."""

import msgspec

from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.tables import Table
from engine.kernel.world import Folding
from engine.staff.kinds import OPERATORS
from engine.staff.records import SessionsEnded, SignedIn, SignedOut


class SignIn(msgspec.Struct, array_like=True):
    """One operator at one till: the sign-in's number there, the serial of the till's credential, time and place."""

    number: int
    serial: int
    at_ms: int
    position: int


NUMBERS = Table("staff.numbers", b"pn", ">H", int)
"""till -> the number of its last sign-in."""

SIGN_INS = Table("staff.sign_ins", b"pi", ">HQ", SignIn)
"""(till, operator) -> the live sign-in; one operator may stand at many tills, and many at one."""

ENDED = Table("staff.ended", b"pe", ">Q", int)
"""operator -> the position before which every sign-in and session of his is over."""


def fold_signed_in(record: SignedIn, folding: Folding) -> None:
    """The operator stands at the till; an earlier sign-in of his there is replaced, nobody else's is touched."""
    till = folding.entry.till
    folding.put(NUMBERS, record.number, till)
    row = SignIn(record.number, record.serial, folding.at_ms, folding.position)
    folding.put(SIGN_INS, row, till, record.operator)


def fold_signed_out(record: SignedOut, folding: Folding) -> None:
    """The operator left."""
    folding.delete(SIGN_INS, folding.entry.till, record.operator)


def fold_ended(record: SessionsEnded, folding: Folding) -> None:
    """What the operator was signed in to is over."""
    folding.put(ENDED, folding.position, record.operator)


def fold_operator_put(record: RowPut, folding: Folding) -> None:
    """A changed secret, or an operator switched off, ends what was begun with the old one."""
    if record.kind != OPERATORS.name:
        return
    row = record.row
    active = row.get("active", True) if isinstance(row, dict) else row.active
    if record.secrets or not active:
        folding.put(ENDED, folding.position, record.id)


def fold_operator_removed(record: RowRemoved, folding: Folding) -> None:
    """Whoever gets the number next is not signed in by the one before."""
    if record.kind == OPERATORS.name:
        folding.put(ENDED, folding.position, record.id)
