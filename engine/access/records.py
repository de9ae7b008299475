"""What happens to the credentials of tills."""

from engine.kernel.messages import Record


class TillEnrolled(Record, frozen=True, kw_only=True, tag="access.till_enrolled"):
    """A device got the credential of ``till``; ``serial`` counts that till's credentials: only the last one is live."""

    till: int
    serial: int


class TillRevoked(Record, frozen=True, kw_only=True, tag="access.till_revoked"):
    """The credential of ``till`` is worth nothing from now on."""

    till: int
    serial: int
