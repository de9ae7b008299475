"""One round of the outbox worker's webhooks: deliveries to the process that delivers, outcomes to the engine."""

import select
import socket
from collections.abc import Callable, Mapping
from typing import Any

from server.outbox.feed_webhooks import Feed
from server.outbox.webhooks import frame, outcomes

RECEIVE_BYTES = 64 << 10

Submit = Callable[[str, Mapping[str, Any]], str]
"""Sends a command as the engine itself, under an id of its own; returns the answer's status (done, refused, fault)."""


class ChildGone(Exception):
    """The process that delivers has ended: start another one, with a new `Pump` and a new `Feed`."""


class Pump:
    """Moves everything between a feed, the socket to the delivering process and the engine.

    ``pipe`` is the parent's end; give it a timeout, so that a process that hangs is noticed (`ChildGone`).
    """

    def __init__(self, feed: Feed, pipe: socket.socket, submit: Submit) -> None:
        self._feed = feed
        self._pipe = pipe
        self._submit = submit
        self._received = bytearray()

    def turn(self, now_s: int) -> None:
        """One round; call it after every commit, when the socket is readable, and once a second."""
        self._receive()
        for message in self._feed.step():
            self._send(frame(message))
        self._report(now_s)

    def close(self, now_s: int) -> None:
        """Says what was delivered so far and hangs up; the process ends by that."""
        try:
            self._receive()
        except ChildGone:
            pass  # what it had to say is said
        finally:
            self._report(now_s, force=True)
            self._pipe.close()

    def _report(self, now_s: int, *, force: bool = False) -> None:
        for report in self._feed.reports(now_s, force=force):
            self._feed.reported(report, self._submit(*report))

    def _send(self, data: bytes) -> None:
        try:
            self._pipe.sendall(data)
        except OSError as error:
            raise ChildGone(str(error)) from error

    def _receive(self) -> None:
        while select.select([self._pipe], [], [], 0)[0]:
            try:
                data = self._pipe.recv(RECEIVE_BYTES)
            except OSError as error:
                raise ChildGone(str(error)) from error
            if not data:
                raise ChildGone("the delivering process hung up")
            self._received += data
            for outcome in outcomes(self._received):
                self._feed.take(outcome)
