"""The engine's process: one loop without threads that gathers what has arrived, runs it as one group and answers."""

import contextlib
import functools
import logging
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from engine.engine import Actor, Answer, Engine, Envelope, Refusal
from engine.features import FEATURES
from engine.kernel.version import VERSION
from server.api.problems import Problem
from server.wire import answers, frames
from server.wire.paces import Paces
from server.wire.peers import Peer
from server.wire.sockets import WORKER, peer_of
from server.wire.waiting import BACK, GROUP_MAX, RETRY_SPREAD_S, Waiting, ranks

STOP_WITHIN_S = 1.5  # for answers that a worker is slow to take: the engine is asked last, and its end is sealed yet
ACTORS_KEPT_MAX = 4096
SALE = "sales.post"

_log = logging.getLogger("guichet.host")
_decode_actor = msgspec.json.Decoder(Actor).decode


@functools.cache  # a handful of codes, and refusing must cost little
def _said(code: str) -> tuple[int, bytes]:
    problem = Problem(code)
    return problem.status, problem.body()


class _Waiter(NamedTuple):
    """A call that waits: whom to answer, what was asked, and by whom."""

    peer: Peer
    call: frames.Call
    actor: Actor


class Host:
    """Serves one engine to workers, outbox and chores until it is told to stop."""

    def __init__(self, engine: Engine, listeners: Mapping[str, socket.socket], *, paces: Paces, uid: int) -> None:
        self._engine = engine
        self._paces = paces
        self._uid = uid
        self._ranks = ranks()
        self._waiting: Waiting[_Waiter] = Waiting()
        self._epoll = select.epoll()
        self._listeners = {made.fileno(): (role, made) for role, made in listeners.items()}
        self._peers: dict[int, Peer] = {}
        self._actors: dict[bytes, Actor] = {}
        self._stopping = False
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        for fd in (*self._listeners, self._wake_read.fileno()):
            self._epoll.register(fd, select.EPOLLIN)

    def stop(self) -> None:
        """Asks the loop to finish what is in hand and to return; safe in a signal handler."""
        self._stopping = True
        with contextlib.suppress(OSError):  # full or closed: the loop is awake, or gone
            self._wake_write.send(b"\0")

    def on_signals(self) -> None:
        """SIGTERM and SIGINT stop the loop, also while it waits."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def run(self) -> None:
        """The loop: read all that has arrived, one group, answer; until `stop`, then what is in hand."""
        while not self._stopping:
            self.turn(0 if self._waiting else None)
        for _, listener in self._listeners.values():
            self._epoll.unregister(listener.fileno())
            listener.close()
        self._listeners.clear()
        end = time.monotonic() + STOP_WITHIN_S
        self.turn(0)  # what had arrived when we were asked to stop is in hand too
        while self._waiting:
            self._group()
        while any(peer.unsent for peer in self._peers.values()) and time.monotonic() < end:
            self.turn(end - time.monotonic(), reading=False)
        for peer in list(self._peers.values()):
            self._drop(peer)

    def close(self) -> None:
        """Lets go of everything but the engine."""
        for peer in list(self._peers.values()):
            self._drop(peer)
        for _, listener in self._listeners.values():
            listener.close()
        self._epoll.close()
        self._wake_read.close()
        self._wake_write.close()

    def turn(self, timeout_s: float | None, *, reading: bool = True) -> None:
        """Waits for what arrives (None: as long as it takes), reads all of it, and runs one group."""
        for fd, events in self._epoll.poll(timeout_s):
            if fd in self._listeners:
                self._accept(*self._listeners[fd])
            elif fd == self._wake_read.fileno():
                self._wake_read.recv(4096)
            elif fd in self._peers:
                self._serve(self._peers[fd], events, reading=reading)
        if self._waiting:
            self._group()

    def _accept(self, role: str, listener: socket.socket) -> None:
        try:
            connected, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        uid = peer_of(connected).uid
        if uid not in (self._uid, 0):
            _log.warning("user %d may not connect as %s", uid, role)
            connected.close()
            return
        peer = Peer(connected, role)
        self._peers[peer.fd] = peer
        self._epoll.register(peer.fd, select.EPOLLIN)
        peer.send(frames.encode_hello(VERSION))
        peer.send(frames.encode_position(self._engine.position))
        self._flush(peer)

    def _serve(self, peer: Peer, events: int, *, reading: bool) -> None:
        if events & select.EPOLLOUT:
            self._flush(peer)
        if not events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) or peer.closed:
            return
        if not reading:
            if events & (select.EPOLLHUP | select.EPOLLERR):
                self._drop(peer)
            return
        try:
            for frame in peer.receive():
                self._take(peer, frame)
        except (frames.FrameError, msgspec.MsgspecError) as error:
            _log.error("a %s sent what no %s sends: %s", peer.role, peer.role, error)
            self._drop(peer)
        except OSError:
            self._drop(peer)
        else:
            if not peer.closed:
                self._flush(peer)

    def _take(self, peer: Peer, frame: bytes) -> None:
        call = frames.decode_call(frame)
        actor = self._actor(call.actor)
        if peer.role == WORKER and not actor.credential:
            # Without a credential it would be the process that holds the engine who asks, which may do everything.
            self._reply(peer, call, self._own("auth.missing", call))
            return
        wishes, of = call.wishes, self._ranks.get
        rank = of(wishes[0].name, BACK) if len(wishes) == 1 else min(of(wish.name, BACK) for wish in wishes)
        for gone in self._waiting.push(_Waiter(peer, call, actor), rank, len(wishes)):
            self._reply(gone.peer, gone.call, self._own("api.busy", gone.call))

    def _actor(self, encoded: bytes) -> Actor:
        actor = self._actors.get(encoded)
        if actor is None:
            if len(self._actors) >= ACTORS_KEPT_MAX:
                self._actors.clear()
            actor = self._actors[encoded] = _decode_actor(encoded)
        return actor

    def _own(self, code: str, call: frames.Call, wait_s: int = 0) -> tuple[int, int, bytes]:
        """An answer of the host itself: nothing of the call was recorded."""
        status, body = _said(code)
        return status, wait_s or (1 + call.number % RETRY_SPREAD_S if status in (429, 503) else 0), body

    def _group(self) -> None:
        """Runs one group and answers it; each role's commands go in together, because the role is theirs all."""
        taken = self._waiting.take(GROUP_MAX)
        for role in {waiter.peer.role for waiter in taken}:
            self._submit(role, [waiter for waiter in taken if waiter.peer.role == role])
        for peer in list(self._peers.values()):
            self._flush(peer)

    def _submit(self, role: str, waiters: list[_Waiter]) -> None:
        before = self._engine.position
        envelopes: list[Envelope] = []
        plan: list[list[int | tuple[int, int, bytes]]] = []
        for waiter in waiters:
            steps: list[int | tuple[int, int, bytes]] = []
            for wish in waiter.call.wishes:
                made = self._envelope(waiter, wish)
                if isinstance(made, Envelope):
                    steps.append(len(envelopes))
                    envelopes.append(made)
                else:
                    steps.append(made)
            plan.append(steps)
        done = self._engine.submit(envelopes, source=role) if envelopes else []
        encode = answers.encode
        for waiter, steps in zip(waiters, plan, strict=True):
            parts = [encode(done[step]) if isinstance(step, int) else step for step in steps]
            self._reply(waiter.peer, waiter.call, answers.encode_batch(parts) if waiter.call.batch else parts[0])
        if self._engine.position != before:
            position = frames.encode_position(self._engine.position)
            for peer in self._peers.values():
                peer.send(position)

    def _envelope(self, waiter: _Waiter, wish: frames.Wish) -> Envelope | tuple[int, int, bytes]:
        """The command on its way, or the answer to one that cannot be."""
        if wish.name == SALE and waiter.actor.till and (wait_ns := self._paces.take(waiter.actor.till, _now_ns())):
            return self._own("api.too_fast", waiter.call, wait_s=-(-wait_ns // 1_000_000_000))
        try:
            command = FEATURES.decode_command(wish.name, wish.body)
        except Refusal as refusal:
            return answers.encode(
                Answer(
                    id=wish.id.hex(),
                    status="refused",
                    code=refusal.code,
                    text=refusal.text,
                    at=refusal.at,
                    data=refusal.data,
                )
            )
        return Envelope(id=wish.id, actor=waiter.actor, command=command, override=wish.override)

    def _reply(self, peer: Peer, call: frames.Call, made: tuple[int, int, bytes]) -> None:
        status, wait_s, body = made
        peer.send(frames.encode_reply(call.number, status, body, wait_s))

    def _flush(self, peer: Peer) -> None:
        if peer.closed:
            return
        try:
            peer.flush()
        except OSError:
            self._drop(peer)
            return
        wanted = peer.wanted()
        if wanted != peer.watched:
            self._epoll.modify(peer.fd, wanted)
            peer.watched = wanted

    def _drop(self, peer: Peer) -> None:
        if self._peers.pop(peer.fd, None) is not None:
            self._epoll.unregister(peer.fd)
        peer.close()


_now_ns: Callable[[], int] = time.monotonic_ns
