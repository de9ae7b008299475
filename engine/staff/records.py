"""What happens to the people at the tills: they sign in and out, and all of it can end at once."""

from engine.kernel.messages import Record


class SignedIn(Record, frozen=True, kw_only=True, tag="staff.signed_in"):
    """An operator stands at the entry's till: the ``number`` of the sign-in there, the ``way`` ("pin" or "badge"), and
    the ``serial`` of the till's credential (0: the engine's own process)."""

    operator: int
    number: int
    serial: int
    way: str


class SignedOut(Record, frozen=True, kw_only=True, tag="staff.signed_out"):
    """An operator left the entry's till."""

    operator: int
    number: int


class SessionsEnded(Record, frozen=True, kw_only=True, tag="staff.sessions_ended"):
    """Every session and sign-in of the operator from before this entry is over."""

    operator: int
