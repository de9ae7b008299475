"""A till that talks to the engine's own socket, as a worker does for it, with a credential enrolled beforehand."""

import hashlib
import socket
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import Actor, Engine, Envelope
from engine.features import FEATURES
from engine.kernel import credentials
from server.wire import frames
from server.wire.frames import Splitter, Wish
from server.wire.sockets import WORKER, connect

WITHIN_S = 30
CODE = hashlib.sha256(b"code").hexdigest()


def enrol(engine: Engine, till: int = 1, operator: int = 1) -> Actor:
    """A till with its operator signed in, as the workers would have sent it."""

    def send(name: str, body: Mapping[str, Any], actor: Actor) -> Any:
        command = FEATURES.decode_command(name, body)
        (answer,) = engine.submit([Envelope(id=uuid.uuid4().bytes, actor=actor, command=command)])
        assert "done" == answer.status, f"{name}: {answer.code}: {answer.text}"
        return answer.records[0] if answer.records else None

    send("access.invite_till", {"till": till, "code": CODE}, Actor(till=0, operator=0))
    nobody = Actor(till=0, operator=0, credential=credentials.NOBODY)
    token = hashlib.sha256(b"till %d" % till).hexdigest()
    enrolled = send("access.enrol_till", {"till": till, "code": CODE, "credential": token}, nobody)
    device = Actor(till=till, operator=0, credential=credentials.of_till(till, enrolled.serial))
    send("staff.try_pin", {"operator": operator}, device)
    signed = send("staff.sign_in", {"operator": operator, "way": "pin"}, device)
    return Actor(till=till, operator=operator, credential=credentials.of_till(till, signed.serial, signed.number))


class SocketTill:
    """Sends commands one by one, and the same one again until the engine has answered it."""

    def __init__(self, data: Path, actor: Actor) -> None:
        self._data = data
        self._actor = msgspec.json.encode(actor)
        self._connection: socket.socket | None = None
        self._splitter = Splitter(frames.ANSWER_BYTES_MAX)

    def do(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What the engine answers to a command that it must accept."""
        wish = Wish(uuid.uuid4().bytes, name, msgspec.json.encode(body))
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end:
            try:
                reply = self._call(wish)
            except OSError:
                self.close()
                time.sleep(0.02)
                continue
            answer: dict[str, Any] = msgspec.json.decode(reply.body)
            assert 200 == reply.status, answer
            return answer
        raise AssertionError(f"{name} was not answered within {WITHIN_S} s")

    def _call(self, wish: Wish) -> frames.Reply:
        if self._connection is None:
            self._splitter = Splitter(frames.ANSWER_BYTES_MAX)
            self._connection = connect(self._data, WORKER)
            self._connection.settimeout(WITHIN_S)
        self._connection.sendall(frames.encode_call(1, self._actor, [wish]))
        while True:
            data = self._connection.recv(65536)
            if not data:
                raise ConnectionResetError("the engine has closed")
            for frame in self._splitter.feed(data):
                if frames.kind_of(frame) == frames.ANSWER:
                    return frames.decode_reply(frame)

    def close(self) -> None:
        """Hangs up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
