"""The writer: drains a group of commands, decides, seals, folds, commits once, and only then answers."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lmdb
import msgspec

from engine.chores import backup, bring_back, check, export_journal, open_new_log, refold, restore
from engine.features import FEATURES
from engine.kernel import keys, replies
from engine.kernel.actors import require_may_act, require_source, with_override
from engine.kernel.attachments import Attachments, keep_staged
from engine.kernel.backup import read_before, require_ready
from engine.kernel.check_tail import require_tail
from engine.kernel.clock import Clock, Guard, GuardState, SystemClock
from engine.kernel.collecting import paused
from engine.kernel.confirm_clock import CONFIRMED, DOUBTED
from engine.kernel.credentials import CONSOLE, WORKER
from engine.kernel.disk import Limits
from engine.kernel.entropy import Entropy, SystemEntropy, derived_id, uuid7
from engine.kernel.errors import Fault, IntegrityFault, KeyFault, Refusal, StoreFault
from engine.kernel.events import JET_DATA_INITIALISATION, JET_START, JET_STOP, Event
from engine.kernel.genesis import Genesis, KeyRotated
from engine.kernel.joined import Joined
from engine.kernel.journal import LOG, VKEYS, Journal, Sealed, origin
from engine.kernel.make_store import CONTENT_KEY, make_store
from engine.kernel.messages import ENGINE, Actor, Answer, Body, Envelope, Query, Record
from engine.kernel.people import PeopleStore
from engine.kernel.reader import PublicProof, Reader
from engine.kernel.refusals import UNKNOWN_TILL, Refusals
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.store import COMMIT_FAILURES_MAX, ReadTransaction, Store, WriteTransaction, fault_of
from engine.kernel.surroundings import Surroundings
from engine.kernel.tables import Snapshot, Working
from engine.kernel.version import VERSION
from engine.kernel.world import Folding, World, join_position
from engine.price_apart import price_apart, price_schema
from engine.replays import read_change, reprice, simulate

GROUP_COMMANDS_MAX = 512
NO_MAC = bytes(16)

_log = logging.getLogger("guichet.engine")

__all__ = ["Actor", "Answer", "Engine", "Envelope", "Fault", "IntegrityFault", "Reader", "Refusal", "StoreFault"]
__all__ += ["CONSOLE", "PublicProof", "backup", "bring_back", "check", "export_journal", "open_new_log", "refold"]
__all__ += ["Surroundings", "price_apart", "price_schema", "read_change", "reprice", "restore", "simulate"]


class _Pending(msgspec.Struct):
    """An answer in the making: what was sealed for one command of the open group."""

    envelope: Envelope
    mac: bytes
    sealed: Sealed
    records: tuple[Record, ...]


class Engine:
    """One shop's writer, in process: ``submit`` groups of commands, ``ask`` queries, ``close`` at the end.

    Opening takes the owner's lock, syncs the store, checks the journal's tail and seals a start event; a journal whose
    tail does not prove itself is not opened for writing (P5), while `Reader` still reads it. A ``served`` shop answers
    to workers behind a socket: whatever they send has to name a credential; ``surroundings`` are its machine's.
    """

    def __init__(
        self,
        path: Path,
        *,
        features: Joined = FEATURES,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        limits: Limits | None = None,
        unsafe_filesystem: bool = False,
        served: bool = False,
        surroundings: Surroundings | None = None,
        remembered: str | None = None,
    ) -> None:
        self.path = path
        self._served, self._surroundings = served, surroundings or Surroundings()
        self.features = features
        self._entropy = entropy or SystemEntropy()
        self._store = Store(path, writable=True, limits=limits, unsafe=unsafe_filesystem)
        self._people: PeopleStore | None = None
        self._suspect = False
        self._before_confirmed: GuardState | None = None
        try:
            require_ready(self._store)
            require_tail(self._store, self.features, remembered=remembered)
            self._begin(clock or SystemClock(), unsafe_filesystem)
        except BaseException:
            self._shut()
            raise

    @staticmethod
    def create(
        path: Path,
        *,
        shop: bytes | None = None,
        entropy: Entropy | None = None,
        limits: Limits | None = None,
        unsafe_filesystem: bool = False,
    ) -> str:
        """Makes a new, empty shop at ``path`` and returns its id (32 hex digits); the first open writes its genesis."""
        return make_store(path, shop, entropy or SystemEntropy(), limits, unsafe=unsafe_filesystem)

    def _begin(self, clock: Clock, unsafe: bool) -> None:
        with self._store.read() as txn:
            log = Snapshot(txn).get(LOG, 0)
            content_key = txn.get("secrets", CONTENT_KEY)
            if log is None or content_key is None:
                raise IntegrityFault("journal.no_log", f"{self.path} holds no journal")
            vkey = Snapshot(txn).get(VKEYS, log.gen, log.key)
        self.shop = log.shop
        signer = keys.load_key(self.path, log.gen, log.key, origin(log.shop, log.gen))
        if log.size and str(signer.key) != vkey:
            raise KeyFault("seal.wrong_key", "the signing key is not the one that the journal names")
        self._people = PeopleStore(self.path, log.shop, self._store.limits, writable=True, entropy=self._entropy)
        self._rows = Working()
        self._folding = Folding(self._rows, self.features.codes)
        self._world = World(self._rows, self.features.kinds, self._people)
        self._world.take, self._world.surroundings = self._entropy.take, self._surroundings
        self._attachments = Attachments(self._people, self.features.kinds)
        self._journal = Journal(self._rows, self._entropy, signer, content_key)
        self._guard = Guard(clock, log.last_ms or None, in_doubt=log.doubt)
        self._refusals = Refusals()
        with self._store.read() as txn:
            self._journal.load(txn)
        if log.size == 0:
            before = read_before(self._store)
            begun = "log.opened" if before else "shop.created"
            self.write_own(
                Genesis(shop=log.shop, vkey=str(signer.key), before=before),
                Event(code=JET_DATA_INITIALISATION, what=begun, detail={"version": VERSION}),
            )
        detail = {"version": VERSION, "filesystem": self._store.filesystem, "unsafe": unsafe}
        self.write_own(Event(code=JET_START, what="engine.started", detail=detail))

    @property
    def position(self) -> tuple[int, int]:
        """(generation, number of entries): where the journal stands."""
        return self._journal.log.gen, self._journal.log.size

    @property
    def clock_doubt(self) -> str:
        """Why the clock is in doubt; empty where it is not."""
        return self._guard.reason

    @property
    def store(self) -> Store:
        """The store, for readers in the same process."""
        return self._store

    def new_id(self) -> bytes:
        """An id for a command that is made here (UUIDv7); a client makes and keeps its own before it sends."""
        return uuid7(self._guard.wall_ms(), self._entropy.take(10))

    def do(self, name: str, body: Body, *, till: int = 0, operator: int = 0, id: bytes, source: str = WORKER) -> Answer:
        """Submits one command given by name and JSON body; a refusal is an answer, not an exception."""
        try:
            command = self.features.decode_command(name, body)
        except Refusal as refusal:
            return replies.refused(id, refusal)
        return self.submit([Envelope(id=id, actor=Actor(till=till, operator=operator), command=command)], source)[0]

    def submit(self, envelopes: Sequence[Envelope], source: str = WORKER) -> list[Answer]:
        """Answers every command, in order; groups of at most 512 share one commit, and no answer precedes it.

        ``source`` is the process that they come from, known by its socket (kernel/credentials.py).
        """
        answers: list[Answer] = []
        self._source = source
        self._world.by_client = self._served and source == WORKER
        for first in range(0, len(envelopes), GROUP_COMMANDS_MAX):
            with paused():
                answers.extend(self._group(envelopes[first : first + GROUP_COMMANDS_MAX]))
        return answers

    def ask(self, query: Query, *, till: int = 0, operator: int = 0) -> Any:
        """Answers a query from the last commit; raises `Refusal`."""
        return self.reader().ask(query, till=till, operator=operator)

    @property
    def people(self) -> PeopleStore | None:
        """The people store, for copies."""
        return self._people

    def reader(self) -> Reader:
        """A reader over this process's own environment (LMDB opens a store once per process)."""
        return Reader.over(self._store, self.features, self._people, self._guard.wall_ms, self._surroundings)

    def write_own(self, *records: Record, reason: str = "engine") -> Answer:
        """Seals an entry of the engine itself: its id is derived from its place, and nobody can send it."""
        txn = self._open_group()
        try:
            sealed = self._append_own(records, reason)
            self._finish(txn)
        except BaseException as error:
            self._abort(txn, error)
            if isinstance(error, lmdb.Error):
                raise fault_of(error) from error
            raise
        return replies.done(sealed, records, self._journal.proof(sealed.index))

    def rotate_key(self) -> int:
        """Makes a new signing key, seals the change under the old one and signs with the new from then on."""
        if self._suspect:
            self._mend()  # else a rotation whose commit failed, but reached the disk, would lose its key file here
        log = self._journal.log
        version = log.key + 1
        signer = keys.make_key(self.path, log.gen, version, origin(log.shop, log.gen), self._entropy)
        self._journal.sign_next_with(version, signer)
        self.write_own(KeyRotated(version=version, vkey=str(signer.key)), reason="rotate")
        return version

    def close(self) -> None:
        """Seals a stop event and lets the store go."""
        try:
            if self._store.read_only_reason is None:
                self.write_own(Event(code=JET_STOP, what="engine.stopped", detail={"version": VERSION}))
        finally:
            self._shut()

    def abandon(self) -> None:
        """Lets the store go without a stop event, as a crash would."""
        self._shut()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _shut(self) -> None:
        if self._people is not None:
            self._people.close()
        self._store.close()

    # --- one group -------------------------------------------------------------------------------------------------

    def _group(self, envelopes: Sequence[Envelope]) -> list[Answer]:
        try:
            txn = self._open_group()
        except Exception as error:  # noqa: BLE001  # whatever it is, every sender gets an answer
            _log.exception("a group could not begin")
            return [replies.faulted(envelope, error) for envelope in envelopes]
        answers: list[Answer | None] = [None] * len(envelopes)
        pending: dict[int, _Pending] = {}
        first: dict[bytes, int] = {}
        try:
            for number, envelope in enumerate(envelopes):
                answers[number] = self._one(number, envelope, txn, pending, first)
            self._finish(txn)
        except (StoreFault, KeyFault, lmdb.Error) as error:
            self._abort(txn, error)
            return self._recover(envelopes, answers, error)
        except Exception as error:  # noqa: BLE001  # a bug in a decision must not take its neighbours along
            self._abort(txn, error)
            if len(envelopes) > 1:
                return [answer for envelope in envelopes for answer in self._group([envelope])]
            _log.exception(
                "command %s (%s) failed", replies.hex_of(envelopes[0].id), type(envelopes[0].command).__name__
            )
            return [replies.faulted(envelopes[0], error)]
        except BaseException as error:
            self._abort(txn, error)
            raise
        for number, done in pending.items():
            answers[number] = replies.done(done.sealed, done.records, self._journal.proof(done.sealed.index))
        return replies.with_copies(envelopes, answers, first)

    def _open_group(self) -> WriteTransaction:
        if self._suspect and self._store.read_only_reason is None:
            self._mend()
        try:
            txn = self._store.begin()
        except lmdb.Error:
            self._mend()
            txn = self._store.begin()
        try:
            self._rows.begin(txn)
            if self._before_confirmed is not None and self._journal.log.doubt:
                self._guard.restore(self._before_confirmed)  # the confirmation was taken back with its group
            self._before_confirmed = None
            self._began_at = self.position
            self._attachments.begin()
            self._refusals.begin()
            self._look_at_clock()
            if self._guard.in_doubt and not self._journal.log.doubt:
                self._journal.log.doubt = True
                detail = {"reason": self._guard.reason, "machine_ms": self._guard.wall_ms()}
                self._append_own((Event(code=0, what=DOUBTED, detail=detail),), "clock")
        except BaseException as error:
            # A write transaction left open would make the next one wait for ever.
            self._abort(txn, error)
            raise
        return txn

    def _look_at_clock(self) -> None:
        world = self._world
        self._civil = self.features.hooks.civil(world)
        world.at_ms = self._guard.now()
        world.machine_ms = self._guard.wall_ms()
        world.clock_doubt = self._guard.reason
        world.day = self._civil.day(world.at_ms)
        world.zone = self._civil.zone
        self._at = self._civil.text(world.at_ms)

    def _one(
        self,
        number: int,
        envelope: Envelope,
        txn: WriteTransaction,
        pending: dict[int, _Pending],
        first: dict[bytes, int],
    ) -> Answer | None:
        """Decides and seals one command; None means: answered when the group is on disk."""
        try:
            replies.require_envelope(envelope)
            if self.features.by_type[type(envelope.command)].operational:
                return replies.marked(envelope, self._decide(envelope), self._world, self._rows)
            mac = self._journal.content_mac(envelope.actor, self.features.content(envelope.command))
            earlier = first.get(envelope.id)
            if earlier is not None:
                if pending[earlier].mac != mac:
                    raise replies.reused(envelope)
                return None
            known = self._journal.known(envelope.id, txn)
            if known is not None:
                if known[0] != mac:
                    raise replies.reused(envelope)
                return replies.repeat_answer(txn, known[1], self.features.decode_answer)
            records = self._decide(envelope)
            sealed = self._append(envelope.id, mac, envelope.actor, records, about=None, indexed=True)
            keep_staged(self._world, self._rows)
        except Refusal as refusal:
            if refusal.keeps:
                keep_staged(self._world, self._rows)
            self._world.drop_attached()
            if refusal.records:
                self._seal_refusal(envelope, refusal)
            return replies.refused(envelope.id, refusal)
        pending[number] = _Pending(envelope, mac, sealed, records)
        first[envelope.id] = number
        return None

    def _decide(self, envelope: Envelope) -> tuple[Record, ...]:
        world = self._world
        row = self.features.by_type[type(envelope.command)]
        world.actor = envelope.actor
        world.gen, world.seq = self._journal.log.gen, self._journal.seq
        world.configuration, world.book = self._journal.log.configuration, self._journal.log.book
        require_source(envelope, row, self._source, served=self._served)
        require_may_act(world, self.features.hooks, envelope, row.permission)
        # That a PIN was right stays true whatever becomes of the command that it was given for.
        keep_staged(world, self._rows)
        if row.new_work and self._store.room.low and self._store.look_at_room().low:
            raise Refusal(
                "store.disk_low", f"only {self._store.room.free_bytes >> 20} MiB are free; nothing new is begun"
            )
        return with_override(world, row.decide(envelope.command, world))

    def _append(
        self,
        id: bytes,
        mac: bytes,
        actor: Actor,
        records: tuple[Record, ...],
        *,
        about: bytes | None,
        indexed: bool,
    ) -> Sealed:
        world, journal, folding = self._world, self._journal, self._folding
        training = bool(actor.till) and (self.features.hooks.training(world, actor.till) or replies.trains(records))
        sealed = journal.append(
            id=id,
            mac=mac,
            actor=actor,
            at=self._at,
            at_ms=world.at_ms,
            zone=world.zone,
            training=training,
            about=about,
            records=records,
            indexed=indexed,
        )
        folding.begin(sealed.entry, sealed.leaf, world.at_ms, world.day)
        try:
            for record in records:
                self._fold(record)
        except Refusal as refusal:
            # The entry is in the group already: who were told "refused" now would find it sealed.
            raise Fault("kernel.fold_refused", f"a fold refused what was decided: {refusal}") from refusal
        self._attachments.keep(world, records, folding.position, self._rows.txn)
        return sealed

    def _fold(self, record: Record) -> None:
        """Lets a sealed record change the tables, and what the writer itself keeps in mind."""
        folding, log = self._folding, self._journal.log
        self.features.fold(record, folding)
        if isinstance(record, (RowPut, RowRemoved)):
            log.configuration = folding.position
            if self.features.kinds[record.kind].prices:
                log.book = folding.position
        elif isinstance(record, Event) and record.what == CONFIRMED:
            self._before_confirmed = self._guard.confirm()
            log.doubt = False
            self._look_at_clock()

    def _append_own(self, records: tuple[Record, ...], reason: str) -> Sealed:
        place = b"%d/%d" % (self._journal.log.gen, self._journal.seq)
        id = derived_id(bytes.fromhex(self.shop) + place, reason)
        self._world.actor = ENGINE
        return self._append(id, NO_MAC, ENGINE, records, about=None, indexed=False)

    def _seal_refusal(self, envelope: Envelope, refusal: Refusal) -> None:
        """An event for a refusal that must leave a trace, at most 30 a minute for one till."""
        actor, world = envelope.actor, self._world
        if actor.till and not self.features.hooks.till_open(world, actor.till):
            # No chain begins for a till that nobody set up: its attempts stand on the engine's own, and share a limit.
            actor = Actor(till=0, operator=actor.operator)
        if not self._refusals.may_seal(envelope.actor.till if actor.till else UNKNOWN_TILL, world.at_ms):
            return
        id = derived_id(envelope.id + b"%d" % self._journal.seq, "refusal")
        try:
            self._append(id, NO_MAC, actor, refusal.records, about=envelope.id, indexed=False)
        except Refusal as unsealable:
            _log.error("the event of refusal %s cannot be sealed: %s", refusal.code, unsealable)

    def _finish(self, txn: WriteTransaction) -> None:
        self._journal.seal_group(txn)
        self._rows.flush()
        self._store.commit(txn)

    def _abort(self, txn: WriteTransaction, error: BaseException) -> None:
        """Takes a group back: out of the transaction and out of everything that was kept in mind since it began."""
        txn.close()
        self._rows.forget()
        self._world.forget()
        self._world.drop_attached()
        self._refusals.take_back()
        self._suspect = isinstance(error, (StoreFault, lmdb.Error)) and not isinstance(error, lmdb.MapFullError)
        try:
            with self._store.read() as snapshot:
                self._journal.load(snapshot)
        except (lmdb.Error, Fault):
            # The journal still holds what the group appended: nothing begins before it was read again.
            self._suspect = True
            _log.warning("the store does not answer after an abort; it is opened again")
        if not self._suspect:
            self._attachments.take_back(join_position(*self.position))

    def _mend(self) -> None:
        """Opens the store again (S3) and reads where the journal stands; the next group tries where this one fails."""
        for left in reversed(range(COMMIT_FAILURES_MAX)):
            try:
                self._store.reopen()
                require_tail(self._store, self.features)
                with self._store.read() as txn:
                    self._journal.load(txn)
            except (Fault, lmdb.Error, OSError) as error:
                if not left:
                    text = f"the store cannot be opened for writing: {error}"
                    raise StoreFault("store.lost", text, retry=True) from error
            else:
                self._suspect = False
                return

    def _recover(
        self, envelopes: Sequence[Envelope], answers: Sequence[Answer | None], error: Exception
    ) -> list[Answer]:
        """After a failed commit (S3): opens the store again and lets the journal's end say what is on disk."""
        fault = fault_of(error)
        _log.error("group of %d not committed: %s", len(envelopes), fault)
        if isinstance(error, lmdb.MapFullError):
            return replies.none_recorded(envelopes, answers, fault)
        if self._store.failures >= COMMIT_FAILURES_MAX:
            self._store.stop_writing(f"{self._store.failures} commits failed in a row; last: {fault.text}")
        try:
            self._mend()
            self._attachments.take_back(join_position(*self.position))
            if self.position == self._began_at:
                return replies.none_recorded(envelopes, answers, fault)
            with self._store.read() as txn:
                return [
                    answer or self._on_disk(envelope, txn, fault)
                    for envelope, answer in zip(envelopes, answers, strict=True)
                ]
        except (Fault, lmdb.Error) as again:
            return [replies.faulted(env, StoreFault("store.lost", str(again), retry=True)) for env in envelopes]

    def _on_disk(self, envelope: Envelope, txn: ReadTransaction, fault: Fault) -> Answer:
        known = self._journal.known(envelope.id, txn)
        if known is None:
            return replies.faulted(envelope, fault)
        return replies.repeat_answer(txn, known[1], self.features.decode_answer)
