"""What travels: commands and queries come in, records and entries are kept, answers go out."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

INTEGER_MAX = 2**53 - 1  # the largest integer every JSON reader keeps exactly (journal.md, Entry)
TILL_MAX = 65_535
CREDENTIAL_CHARS_MAX = 80
LINES_MAX = 200  # lines of one sealed ticket (pricing.md, Limits)

Id = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
TillId = Annotated[int, Meta(ge=0, le=TILL_MAX)]
Cents = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
Label = Annotated[str, Meta(min_length=1, max_length=80)]
Note = Annotated[str, Meta(min_length=1, max_length=250)]
Decimal = (
    Annotated[str, Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")] | Annotated[int, Meta(ge=-(10**12), le=10**12)]
)
"""A decimal string (or a whole number): unit prices to four decimals, quantities to three (architecture.md, API)."""

Body = bytes | Mapping[str, Any]
"""A command's or query's body: JSON bytes, or the plain values that they say."""


class Command(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"
):
    """Something asked for, with an id made by the client (see `Envelope`); may be refused."""


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="ask"):
    """A read for someone, answered from a snapshot; never changes anything."""


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    """Something that happened; never changed.

    ``fiscal`` names the chain that the record belongs to (journal.md, Fiscal records), or is empty.
    """

    fiscal: ClassVar[str] = ""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the till (0 is the engine and the back office) and the operator standing at it (0 is nobody).

    ``credential`` names what the worker recognised him by (kernel/credentials.py); empty where the process that holds
    the engine answers for him. The engine looks inside the transaction whether it is still live.
    """

    till: TillId
    operator: Annotated[int, Meta(ge=0, le=INTEGER_MAX)] = 0
    credential: Annotated[str, Meta(max_length=CREDENTIAL_CHARS_MAX)] = ""


ENGINE = Actor(till=0, operator=0)
"""The engine itself: it may do everything, and it is the only actor without an operator that may write."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A command on its way: its id (16 bytes, UUIDv7 for speed), who sends it, and what is asked.

    ``override`` is the operator who lends his rights to this one command (0: nobody); the worker has checked his PIN,
    the engine that it was tried at this till, and the entry names both.
    """

    id: bytes
    actor: Actor
    command: Command
    override: int = 0


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The place of a fiscal record on its chain.

    ``of`` is the kind of record, ``n`` the chain number (from 1, per till and kind), ``prev`` the leaf hash (64 hex
    digits) of the entry that holds the record before it, or null for the first.
    """

    of: str
    n: int
    prev: str | None


class Header(msgspec.Struct, frozen=True):
    """Everything an entry says besides its records; field by field in docs/journal.md.

    The journal makes it by position: msgspec searches for each keyword, which for this many takes longer than the rest.
    """

    v: int
    shop: str
    gen: int
    seq: int
    till: int
    op: int
    cmd: str
    mac: str
    at: str
    zone: str
    conf: int
    soft: str
    training: bool
    about: str | None
    salt: str
    chain: tuple[Link, ...]


class Entry(Header, frozen=True):
    """One line of the journal: the header and the records that one command led to, sealed together."""

    rec: tuple[Any, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a command led to: ``done`` (with its entry and proof), ``refused`` or ``fault``.

    For ``done``: ``gen`` and ``seq`` name the entry, ``leaf`` its hash in hex, ``records`` what happened, and ``proof``
    the C2SP tlog-proof text that ties the leaf to a signed checkpoint; ``repeated`` is true when the id had been
    answered before (all else is the same bytes, for ever). For the others: ``code``, ``text``, ``at``, ``data``;
    ``retry`` is true where the same command may be sent again.
    """

    id: str
    status: str
    gen: int = 0
    seq: int = 0
    at_ms: int = 0
    leaf: str = ""
    records: tuple[Any, ...] = ()
    proof: str = ""
    repeated: bool = False
    code: str = ""
    text: str = ""
    at: str | None = None
    data: dict[str, Any] = {}
    retry: bool = False
