"""What becomes of print jobs: one outcome each, sealed once."""

from engine.kernel.messages import Record


class Reported(Record, frozen=True, kw_only=True, tag="printing.reported"):
    """A print job ended: ``gen`` and ``seq`` name the entry that caused it, ``printer`` the one that had it last,
    ``result`` is "printed", "failed" (not one byte left) or "unknown", ``code`` why it was not printed."""

    gen: int
    seq: int
    printer: int
    result: str
    code: str
