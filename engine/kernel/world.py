"""What a decision may see (`World`) and what a fold may change (`Folding`)."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from engine.kernel.errors import Fault
from engine.kernel.kinds import Kind, Row
from engine.kernel.ledger import BALANCES, AccountClass, Balance, Posting
from engine.kernel.messages import Actor, Entry, Header
from engine.kernel.surroundings import Storage, Surroundings
from engine.kernel.tables import SCAN_ROWS_MAX, Snapshot, Table, Working

K = TypeVar("K")
V = TypeVar("V")

_ABSENT: Any = object()

MEMO_ROWS_MAX = 100_000  # rows kept in a ready-made form; beyond it the memo starts afresh

CURRENT = Table("kernel.current", b"kc", ">HQ", int, db="rows", marks_epoch=True)
"""(kind code, id) -> the position of the row's live version; no row where there is none or it was removed."""

VERSIONS = Table("kernel.versions", b"kv", ">HQQ", bytes, db="rows")
"""(kind code, id, position) -> the version as sealed (JSON), empty for a removal; kept for ever."""

OUTBOX = Table("kernel.outbox", b"ob", ">QH", msgspec.Raw, db="outbox")
"""(position of the entry, number in it) -> a job for the outbox worker, committed with its cause."""


class People(Protocol):
    """The people store as a decision sees it."""

    def fields(self, kind: int, id: int, version: int) -> Mapping[str, Any] | None:
        """The personal fields of one version of a row, or None where nobody is stored (or was erased)."""


GENERATIONS_MAX = 31  # of one shop's log: a position stays an integer that every JSON reader keeps exactly


def split_position(position: int) -> tuple[int, int]:
    """(generation, sequence) of a position: the upper 16 and the lower 48 bits, so that positions order everything."""
    return position >> 48, position & ((1 << 48) - 1)


def join_position(generation: int, sequence: int) -> int:
    """The position of an entry: generation and sequence in one ordered 64-bit number."""
    return generation << 48 | sequence


class World:
    """A consistent sight of the shop at one instant, for decisions and queries.

    ``at_ms`` is the entry's time in milliseconds since 1970 UTC and ``day`` the business day as an ordinal
    (``datetime.date.toordinal``); ``gen`` and ``seq`` are where the entry will stand; ``zone`` is the shop's zone name.
    ``putting`` and
    ``putting_kind`` name the row that a kind's check looks at. ``by_client`` says that the command came over the
    network, by way of a worker of a served shop; ``surroundings`` are the machine's, ``storage()`` says, to queries
    alone, where the store lies.
    Nothing here reads a clock or a random source.

    ``rights_settled`` is true only where no rights are to be asked for any more: what is sealed is priced again, or a
    basket is priced without a shop (`engine.kernel.bare_shop`); no decision of a shop is ever made in such a world.
    """

    rights_settled = False

    def __init__(self, rows: Snapshot, kinds: Mapping[str, Kind], people: People) -> None:
        self.rows = rows
        self.get = rows.get  # type: ignore[method-assign]  # one call less on the way of every sale
        self.kinds = kinds
        self.people = people
        self.actor = Actor(till=0)
        self.by_client = False
        self.surroundings = Surroundings()
        self.storage: Callable[[], Storage] = _nowhere
        self.at_ms = 0
        self.day = 0
        self.gen = 0
        self.seq = 0
        self.zone = "UTC"
        self.configuration = 0
        self.book = 0
        self.clock_doubt = ""
        self.machine_ms = 0
        self.persons: list[tuple[int, int, dict[str, Any], bytes]] = []
        self.secrets: list[tuple[int, int, dict[str, Any]]] = []
        self.staged: list[tuple[Table[Any], tuple[Any, ...], Any]] = []
        self.putting = 0
        self.putting_kind = ""
        self.override = 0
        self.overridden: set[str] = set()
        self.take: Callable[[int], bytes] | None = None
        self.may: Callable[[str], bool] = lambda permission: False
        self._memo: dict[tuple[int, int, Any], tuple[int, Any]] = {}
        self._ready: dict[tuple[Any, Any], Any] = {}
        self.kept: dict[Any, tuple[int, Any]] = {}
        self._epoch = rows.epoch
        self._text_of = -1
        self._day_text = ""

    @property
    def position(self) -> int:
        """The position that the entry of this decision will have."""
        return join_position(self.gen, self.seq)

    def date(self) -> datetime.date:
        """The business day."""
        return datetime.date.fromordinal(self.day)

    def day_text(self) -> str:
        """The business day as records carry it: ``2026-11-21``."""
        if self._text_of != self.day:
            self._text_of, self._day_text = self.day, self.date().isoformat()
        return self._day_text

    def get(self, table: Table[V], *key: Any) -> V | None:
        """A table's row, or None; never to be changed by a decision."""
        return self.rows.get(table, *key)

    def scan(
        self,
        table: Table[V],
        *partial: Any,
        after: tuple[Any, ...] | None = None,
        reverse: bool = False,
        limit: int = SCAN_ROWS_MAX,
    ) -> Iterator[tuple[tuple[Any, ...], V]]:
        """A table's rows under a partial key, in order."""
        return self.rows.scan(table, *partial, after=after, reverse=reverse, limit=limit)

    def version(self, kind: Kind, id: int) -> int:
        """The position of the row's live version, or -1 where there is no such row."""
        current = self.rows.get(CURRENT, kind.code, id)
        return -1 if current is None else current

    def row(self, kind: Kind, id: int) -> Any | None:
        """The live row of a kind with its plain fields (personal and secret ones are at their defaults), or None."""
        return self.compiled(kind, id, _plain)

    def compiled(self, kind: Kind, id: int, build: Callable[[Any, int], V]) -> V | None:
        """``build(row, version position)`` of the live row, kept until the row changes; one form per ``build``."""
        version = self.version(kind, id)
        if version < 0:
            return None
        key = (kind.code, id, build)
        memo = self._memo.get(key)
        if memo is not None and memo[0] == version:
            return memo[1]  # type: ignore[no-any-return]  # the memo holds what ``build`` made
        if len(self._memo) > MEMO_ROWS_MAX:
            self._memo.clear()
        made = build(self.row_at(kind, id, version), version)
        self._memo[key] = (version, made)
        return made

    def ready(self, build: Callable[["World", K], V], key: K) -> V:
        """``build(self, key)``, kept until any row that people configure changes; it may read nothing else."""
        if self._epoch != self.rows.epoch:
            self._ready.clear()
            self._epoch = self.rows.epoch
        place = (build, key)
        made = self._ready.get(place, _ABSENT)
        if made is _ABSENT:
            made = build(self, key)
            if len(self._ready) > MEMO_ROWS_MAX:
                self._ready.clear()
            self._ready[place] = made
        return made  # type: ignore[no-any-return]  # the memo holds what ``build`` made

    def priced(self, build: Callable[["World"], V]) -> V:
        """``build(self)``, kept until a row of a kind that prices changes; it may read rows of such kinds only."""
        kept = self.kept.get(build)
        if kept is not None and kept[0] == self.book:
            return kept[1]  # type: ignore[no-any-return]  # the memo holds what ``build`` made
        made = build(self)
        self.kept[build] = (self.book, made)
        return made

    def row_at(self, kind: Kind, id: int, version: int) -> Any:
        """The row as the version at this position says; a missing or removed version is a fault of the caller."""
        stored = self.rows.get(VERSIONS, kind.code, id, version)
        if not stored:
            raise Fault("kernel.no_version", f"{kind.name} {id} has no version at position {version}")
        return msgspec.json.decode(stored, type=kind.row)

    def forget(self) -> None:
        """Drops what was made ready from rows that an abort has taken back."""
        self._memo.clear()
        self._ready.clear()
        self.kept.clear()

    def balance(self, account: AccountClass, id: int) -> Balance:
        """The account as it stands, a new one at zero with its class's floor."""
        balance = self.rows.get(BALANCES, account.code, id)
        return balance if balance is not None else Balance(0, account.floor)

    def salt(self, count: int) -> bytes:
        """Random bytes handed to the decision as an input; queries have none."""
        if self.take is None:
            raise Fault("kernel.no_entropy", "a query asked for randomness")
        return self.take(count)

    def attach_person(self, kind: Kind, id: int, fields: dict[str, Any], salt: bytes) -> None:
        """Personal fields that belong to the entry being decided: stored, encrypted, before the entry is committed."""
        self.persons.append((kind.code, id, fields, salt))

    def attach_secrets(self, kind: Kind, id: int, fields: dict[str, Any]) -> None:
        """Secret fields that belong to the entry being decided: stored in the secret table by the same transaction."""
        self.secrets.append((kind.code, id, fields))

    def stage(self, table: Table[V], row: V | None, *key: Any) -> None:
        """An operational mark or a secret that this decision sets (None: removes), kept if the command is accepted."""
        assert table.db in ("marks", "secrets"), "everything else is a fold of the journal"
        self.staged.append((table, key, row))

    def drop_attached(self) -> None:
        """Forgets what a decision attached that is not kept."""
        self.persons.clear()
        self.secrets.clear()
        self.staged.clear()


def _nowhere() -> Storage:
    raise Fault("kernel.no_storage", "only a query's world knows where its store lies")


def _plain(row: Row, version: int) -> Row:
    return row


class Folding:
    """The tables while records change them: what a fold reads and writes, and the entry that it comes from."""

    def __init__(self, rows: Working, codes: Mapping[str, int]) -> None:
        self.rows = rows
        self.codes = codes
        # The way of every sale, shortened by a call each: these are the rows' own.
        self.get = rows.get  # type: ignore[method-assign]  # the method below says what it does
        self.put = rows.put  # type: ignore[method-assign]  # likewise
        self.change = rows.change  # type: ignore[method-assign]  # likewise
        self.entry: Header | Entry
        self.leaf = b""
        self.at_ms = 0
        self.day = 0
        self.position = 0
        self._jobs = 0

    def begin(self, entry: Header, leaf: bytes, at_ms: int, day: int) -> None:
        """Sets the entry whose records are folded next."""
        self.entry = entry
        self.leaf = leaf
        self.at_ms = at_ms
        self.day = day
        self.position = join_position(entry.gen, entry.seq)
        self._jobs = 0

    def get(self, table: Table[V], *key: Any) -> V | None:
        """A row, free to be changed in place and `put` again."""
        return self.rows.get(table, *key)

    def put(self, table: Table[V], row: V, *key: Any) -> None:
        """Sets a row."""
        self.rows.put(table, row, *key)

    def change(self, table: Table[V], *key: Any) -> V | None:
        """A row that is changed in place and needs no `put`, or None where there is none yet."""
        return self.rows.change(table, *key)

    def delete(self, table: Table[V], *key: Any) -> None:
        """Removes a row."""
        self.rows.delete(table, *key)

    def post(self, *postings: Posting) -> None:
        """Moves amounts between accounts; they add up to zero and no floor breaks, or the fold is at fault."""
        rows, total = self.rows, 0
        for posting in postings:
            amount = posting.amount
            if not amount:
                continue
            account, id = posting.account, posting.id
            total += amount
            balance = rows.change(BALANCES, account.code, id)
            if balance is None:
                balance = Balance(0, account.floor)
                rows.put(BALANCES, balance, account.code, id)
            balance.amount += amount
            if amount < 0 and balance.floor is not None and balance.amount < balance.floor:
                raise Fault("ledger.floor", f"entry {self.position} takes {account.name} {id} below its floor")
        if total:
            raise Fault("ledger.unbalanced", f"postings of entry {self.position} do not add up to zero")

    def enqueue(self, job: Any) -> None:
        """Adds a job for the outbox, committed with its cause; ``job`` is a tagged struct or plain JSON value."""
        self.rows.put(OUTBOX, msgspec.Raw(msgspec.msgpack.encode(job)), self.position, self._jobs)
        self._jobs += 1
