"""Devices, operators, sessions and keys against the shop under test, as the workers would recognise them."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from shop_harness import Shop

from engine.kernel import credentials
from engine.kernel.events import Event
from engine.kernel.messages import ENGINE, Actor, Answer, Envelope

CODE_STEP = 59_841_960  # the one-time code's time step at the harness's start


def digest(text: str) -> str:
    """A stand-in for what workers make of a secret: 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def nobody(operator: int = 0) -> Actor:
    """Somebody without a credential."""
    return Actor(till=0, operator=operator, credential=credentials.NOBODY)


class Desk:
    """The shop's front desk: sends commands as somebody."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._step = CODE_STEP
        self._sessions = 0

    def send(
        self,
        name: str,
        body: Mapping[str, Any],
        actor: Actor = ENGINE,
        *,
        override: int = 0,
        source: str = "worker",
        id: bytes | None = None,
    ) -> Answer:
        """Whatever the engine answers."""
        command = self.shop.features.decode_command(name, body)
        envelope = Envelope(id=id or self.shop.new_id(), actor=actor, command=command, override=override)
        return self.shop.engine.submit([envelope], source)[0]

    def done(self, name: str, body: Mapping[str, Any], actor: Actor = ENGINE, *, override: int = 0) -> Answer:
        """A command that must be accepted."""
        answer = self.send(name, body, actor, override=override)
        assert answer.status == "done", f"{name}: {answer.code}: {answer.text}"
        return answer

    def code(self, name: str, body: Mapping[str, Any], actor: Actor = ENGINE, *, override: int = 0) -> str:
        """The refusal code of a command that must be refused."""
        answer = self.send(name, body, actor, override=override)
        assert answer.status == "refused", f"{name} was {answer.status} {answer.text}"
        return answer.code

    def enrol(self, till: int = 1, code: str = "code", token: str = "token") -> Actor:
        """A device becomes the till; the actor that it is while nobody is signed in."""
        self.done("access.invite_till", {"till": till, "code": digest(code)})
        body = {"till": till, "code": digest(code), "credential": digest(token)}
        answer = self.done("access.enrol_till", body, nobody())
        return Actor(till=till, credential=credentials.of_till(till, answer.records[0].serial))

    def sign_in(self, device: Actor, operator: int, way: str = "pin") -> Actor:
        """An operator signs in at a device with the right PIN or badge; the actor that he is there."""
        self.done("staff.try_pin", {"operator": operator if way == "pin" else None}, device)
        answer = self.done("staff.sign_in", {"operator": operator, "way": way}, device)
        signed = answer.records[0]
        name = credentials.of_till(device.till, signed.serial, signed.number)
        return Actor(till=device.till, operator=operator, credential=name)

    def log_in(self, operator: int) -> Actor:
        """An operator logs in to the back office; the actor that he is there."""
        self._step += 1
        self._sessions += 1
        session = digest(f"session {self._sessions}")
        self.done("access.try_log_in", {"operator": operator}, nobody())
        body = {"operator": operator, "session": session, "way": "password", "code_step": self._step}
        self.done("access.log_in", body, nobody(operator))
        return Actor(till=0, operator=operator, credential=credentials.of_session(bytes.fromhex(session)))

    def passkey(self, operator: int, id: int = 1) -> Callable[..., dict[str, Any]]:
        """A passkey of the operator; makes what the worker hands over for each use of it."""
        row = {
            "operator": operator,
            "label": "Clé",
            "credential": digest(f"passkey {id}"),
            "key": {"hash": "pk", "key": "k"},
        }
        self.shop.configure("passkeys", id, row)

        def use(count: int = 0, challenge: str | None = None) -> dict[str, Any]:
            self._step += 1
            answered = digest(challenge or f"challenge {self._step}")
            return {"way": "passkey", "passkey": {"id": id, "count": count, "challenge": answered}}

        return use

    def step(self) -> int:
        """A time step that no code used yet."""
        self._step += 1
        return self._step

    def key(self, id: int = 1, **changes: Any) -> Actor:
        """A key is made; the actor that its software is."""
        row: dict[str, Any] = {
            "label": f"Clé {id}",
            "scopes": ["sales.post", "catalogue.read"],
            "till": 1,
            "expires": "2027-11-20",
            "key_id": f"Key0000{id}",
            "secret": {"hash": digest(f"key {id}"), "key": "k"},
        } | changes
        self.shop.configure("api-keys", id, row)
        return Actor(till=row["till"], credential=credentials.of_key(id, row["key_id"]))

    def events(self) -> list[Event]:
        """Every event of the journal, oldest first."""
        reader = self.shop.engine.reader()
        entries = [reader.entry(1, seq).entry for seq in range(reader.position()[1])]
        return [record for entry in entries for record in entry.rec if isinstance(record, Event)]

    def whats(self) -> list[str]:
        """The events' names."""
        return [event.what for event in self.events()]
