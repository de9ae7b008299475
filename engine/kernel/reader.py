"""Reads for someone: queries answered from a snapshot, by any number of processes beside the writer."""

import dataclasses
import hmac
import itertools
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any, TypeVar

from engine.kernel import replies
from engine.kernel.actors import require_live, require_may_ask
from engine.kernel.clock import SystemClock
from engine.kernel.disk import Limits
from engine.kernel.errors import IntegrityFault, Refusal
from engine.kernel.joined import Joined
from engine.kernel.journal import LOG, VKEYS, position_key
from engine.kernel.messages import ENGINE, Actor, Query
from engine.kernel.people import PeopleStore
from engine.kernel.public_proof import find_leaf, opens, parse_place
from engine.kernel.store import ReadTransaction, Store
from engine.kernel.surroundings import Surroundings
from engine.kernel.tables import Snapshot
from engine.kernel.world import World, split_position

T = TypeVar("T")

ENTRIES_PAGE_MAX = 1000
_PLAIN = Surroundings()
SEQUENCES_MAX = 1 << 48  # sequences of one generation: what a position has room for


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PublicProof:
    """An entry's proof for anybody: its place, its leaf, its bytes as sealed (None: only proven to be there), the
    tlog-proof text, and the public keys of its log."""

    gen: int
    seq: int
    leaf: bytes
    data: bytes | None
    proof: str
    vkeys: tuple[str, ...]


class Reader:
    """A shop's readers' end: opened read-only from its path, or lent by the engine of the same process.

    Queries are answered as of now, by the machine's clock and never before the last entry: a price that changes at
    19:00 is shown from 19:00 on, however long nobody sold. While the clock is in doubt the last entry's time counts.
    """

    def __init__(
        self,
        path: Path,
        features: Joined,
        *,
        limits: Limits | None = None,
        surroundings: Surroundings = _PLAIN,
    ) -> None:
        self._own = True
        self.surroundings = surroundings
        self._kept: dict[Any, tuple[int, Any]] = {}  # by what is committed, so every snapshot may share it
        self._wall_ms: Callable[[], int] = SystemClock().wall_ms
        self._store = Store(path, writable=False, limits=limits)
        self._features = features
        with self._store.read() as txn:
            log = Snapshot(txn).get(LOG, 0)
        if log is None:
            raise IntegrityFault("journal.no_log", f"{path} holds no journal")
        self._people: PeopleStore | None = PeopleStore(path, log.shop, self._store.limits, writable=False, entropy=None)

    @classmethod
    def over(
        cls,
        store: Store,
        features: Joined,
        people: PeopleStore | None,
        wall_ms: Callable[[], int],
        surroundings: Surroundings = _PLAIN,
    ) -> "Reader":
        """A reader that shares the environment and the clock of a writer in the same process."""
        reader = cls.__new__(cls)
        reader.surroundings = surroundings
        reader._own = False
        reader._kept = {}
        reader._wall_ms = wall_ms
        reader._store = store
        reader._features = features
        reader._people = people
        return reader

    @property
    def store(self) -> Store:
        """The store below, for checks and copies."""
        return self._store

    @property
    def people(self) -> PeopleStore | None:
        """The people store, where it can be read."""
        return self._people

    def snapshot(self) -> ReadTransaction:
        """A read transaction; close it within a second (S9)."""
        return self._store.read()

    @property
    def shop(self) -> str:
        """The shop's id (32 hex digits)."""
        with self._store.read() as txn:
            log = Snapshot(txn).get(LOG, 0)
            assert log is not None
            return log.shop

    def position(self) -> tuple[int, int]:
        """(generation, number of entries) as committed."""
        with self._store.read() as txn:
            log = Snapshot(txn).get(LOG, 0)
            assert log is not None
            return log.gen, log.size

    def ask(self, query: Query, *, till: int = 0, operator: int = 0) -> Any:
        """Answers a query from a snapshot; raises `Refusal`."""
        return self.ask_as(query, Actor(till=till, operator=operator))

    def ask_as(self, query: Query, actor: Actor) -> Any:
        """Answers a query for an actor with his credential, which has to be live in the snapshot; raises `Refusal`."""
        row = self._features.queries_by_type[type(query)]
        replies.require_actor(actor)
        with self._store.read() as txn:
            world = self._world(txn, actor)
            require_may_ask(world, self._features.hooks, actor, row.permission)
            return row.answer(query, world)

    def look(self, look: Callable[[World], T]) -> T:
        """``look(world)`` on a snapshot, as the engine itself: how workers look credentials up (engine.features)."""
        with self._store.read() as txn:
            return look(self._world(txn, ENGINE))

    def ask_by_name(self, name: str, body: bytes | Mapping[str, Any], *, till: int = 0, operator: int = 0) -> Any:
        """Answers a query given by name and JSON body."""
        return self.ask(self._features.decode_query(name, body), till=till, operator=operator)

    def held(self, permissions: Set[str], actor: Actor) -> frozenset[str]:
        """Which of these rights the actor holds, as committed: what a stream of changes may show.

        Raises `Refusal` where his credential is not live.
        """
        replies.require_actor(actor)
        with self._store.read() as txn:
            world = self._world(txn, actor)
            require_live(world, self._features.hooks, actor)
            return frozenset(each for each in permissions if self._features.hooks.allows(world, actor, each))

    def _world(self, txn: ReadTransaction, actor: Actor) -> World:
        rows = Snapshot(txn)
        log = rows.get(LOG, 0)
        assert log is not None
        world = World(rows, self._features.kinds, self._people or _Nobody())
        world.actor = actor
        world.surroundings, world.storage = self.surroundings, self._store.storage
        world.gen, world.seq = log.gen, log.size
        world.configuration, world.book = log.configuration, log.book
        world.kept = self._kept
        world.at_ms = log.last_ms if log.doubt else max(log.last_ms, self._wall_ms())
        world.may = lambda permission: self._features.hooks.allows(world, actor, permission)
        civil = self._features.hooks.civil(world)
        world.zone = civil.zone
        world.day = civil.day(world.at_ms)
        return world

    def entry(self, gen: int, seq: int) -> replies.Stored:
        """One entry as stored, with its leaf hash; raises `Refusal` ``journal.no_such_entry``."""
        with self._store.read() as txn:
            return self._read_entry(txn, gen, seq)

    def _read_entry(self, txn: ReadTransaction, gen: int, seq: int) -> replies.Stored:
        log = Snapshot(txn).get(LOG, 0)
        assert log is not None
        if not (1 <= gen <= log.gen and 0 <= seq < SEQUENCES_MAX) or (gen == log.gen and seq >= log.size):
            raise Refusal("journal.no_such_entry", f"there is no entry {seq} in generation {gen}", data={"seq": seq})
        return replies.read_entry(txn, position_key(gen, seq), self._features.decode_entry)

    def entries_since(self, gen: int, seq: int, limit: int = ENTRIES_PAGE_MAX) -> list[tuple[int, int, bytes]]:
        """(generation, sequence, bytes) of at most ``limit`` entries from this one on: what a replica follows."""
        with self._store.read() as txn:
            found = txn.scan("entries", position_key(max(0, gen), max(0, seq)), b"\xff" * 8)
            page = itertools.islice(found, max(0, min(limit, ENTRIES_PAGE_MAX)))
            return [(*split_position(int.from_bytes(key, "big")), data) for key, data in page]

    def proof(self, gen: int, seq: int) -> str:
        """The tlog-proof text of an entry."""
        with self._store.read() as txn:
            return replies.entry_proof(txn, self._read_entry(txn, gen, seq))

    def vkeys(self, gen: int) -> tuple[str, ...]:
        """The public keys of a generation as vkey lines, in the order of their versions."""
        with self._store.read() as txn:
            return self._vkeys(txn, gen)

    def _vkeys(self, txn: ReadTransaction, gen: int) -> tuple[str, ...]:
        return tuple(key for _, key in Snapshot(txn).scan(VKEYS, gen))

    def public_proof(self, leaf: bytes, place: str = "") -> PublicProof | None:
        """What anybody may be shown of the entry with this leaf; None where there is none, or none that is found.

        ``place`` is what the address says besides (`engine.kernel.public_proof`): with the right one the content is
        shown too, without any the leaf is looked for among the newest entries.
        """
        said = parse_place(place)
        if place and said is None:
            return None
        with self._store.read() as txn:
            at = find_leaf(txn, leaf) if said is None else said[:2]
            try:
                stored = None if at is None else self._read_entry(txn, *at)
            except Refusal:
                return None
            if stored is None or not hmac.compare_digest(stored.leaf, leaf):
                return None
            if said is not None and not opens(said, stored.entry.salt):
                return None
            return PublicProof(
                gen=stored.gen,
                seq=stored.seq,
                leaf=leaf,
                data=None if said is None else stored.data,
                proof=replies.entry_proof(txn, stored),
                vkeys=self._vkeys(txn, stored.gen),
            )

    def close(self) -> None:
        """Closes what this reader opened itself."""
        if self._own:
            if self._people is not None:
                self._people.close()
            self._store.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Nobody:
    def fields(self, kind: int, id: int, version: int) -> None:
        return None
