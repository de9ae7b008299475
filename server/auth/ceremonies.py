"""Signing in, step by step: a place in the queue, the counted try, the slow check, and only then the engine's word.

The order is the point: nothing is checked that was not counted on disk, and nothing is counted that could not be
checked. Answers tell nobody whether an account exists.
"""

import asyncio
import hmac
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from engine.engine import Actor, Answer
from engine.features import STRANGER_FIRST, STRANGERS, by_badge, by_login, stored_secret
from server.auth import tokens, totp
from server.auth.passkeys import NewPasskey, UsedPasskey
from server.auth.pepper import Pepper
from server.auth.recognise import NOBODY
from server.auth.secrets import Purpose, Secrets

T = TypeVar("T")


class Desk(Protocol):
    """What a ceremony needs of the worker: the engine's socket, and snapshots."""

    def send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Awaitable[Answer]:
        """Submits a command and waits for its answer."""

    def look(self, look: Callable[[Any], T]) -> T:
        """``Reader.look``."""


class DeclinedError(Exception):
    """The ceremony ended: the engine's refusal, or ``auth.wrong`` for every wrong secret, whatever its mistake."""

    def __init__(self, code: str, text: str, data: Mapping[str, Any] | None = None, *, retry: bool = False) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.data = dict(data or {})
        self.retry = retry


class Proof(NamedTuple):
    """What somebody types to prove who he is: password and one-time code, and when he did."""

    password: str
    code: str
    now_ms: int


class Session(NamedTuple):
    """A session that began: the id for the cookie, shown to nobody else, and whose it is."""

    id: str
    operator: int


def wrong() -> DeclinedError:
    """Every wrong secret's answer."""
    return DeclinedError("auth.wrong", "that was not right")


def new_id() -> bytes:
    """An id for a command that a worker makes itself."""
    return uuid.uuid4().bytes


async def tell(desk: Desk, name: str, body: Mapping[str, Any], actor: Actor) -> Answer:
    """Submits a command that has to be accepted; raises `DeclinedError`."""
    answer = await desk.send(name, body, actor, new_id())
    if answer.status != "done":
        raise DeclinedError(answer.code, answer.text, answer.data, retry=answer.retry)
    return answer


async def invite(desk: Desk, pepper: Pepper, till: int, actor: Actor) -> str:
    """Invites a device to become a till; the one-time code, to be shown once."""
    code = tokens.enrolment_code(till)
    await tell(desk, "access.invite_till", {"till": till, "code": _kept_code(pepper, code)}, actor)
    return code


async def enrol(desk: Desk, pepper: Pepper, typed: str) -> str:
    """Makes the device that typed a one-time code a till; its token, handed over once."""
    parts = tokens.parse_code(typed)
    if parts is None:
        raise DeclinedError("access.wrong_code", "the code is wrong")
    token = tokens.till_token(parts[0])
    body = {"till": parts[0], "code": _kept_code(pepper, typed), "credential": tokens.digest(token).hex()}
    await tell(desk, "access.enrol_till", body, NOBODY)
    return token


def _kept_code(pepper: Pepper, typed: str) -> str:
    parts = tokens.parse_code(typed)
    assert parts is not None, "asked before"
    return tokens.code_hash(pepper.key("enrol"), *parts)


async def _check_pin(desk: Desk, secrets: Secrets, at: Actor, operator: int, pin: str) -> None:
    with secrets.room() as place:
        await tell(desk, "staff.try_pin", {"operator": operator}, at)
        stored = desk.look(lambda world: stored_secret(world, operator, "pin"))
        if await asyncio.wrap_future(secrets.check("pin", operator, pin, stored, place)):
            return
    await tell(desk, "staff.report_wrong_pin", {"operator": operator, "way": "pin"}, at)
    raise wrong()


async def sign_in_by_pin(desk: Desk, secrets: Secrets, device: Actor, operator: int, pin: str) -> Answer:
    """Signs the operator in at the device by his PIN."""
    await _check_pin(desk, secrets, device, operator, pin)
    at = Actor(till=device.till, operator=operator, credential=device.credential)
    return await tell(desk, "staff.sign_in", {"operator": operator, "way": "pin"}, at)


async def sign_in_by_badge(desk: Desk, secrets: Secrets, device: Actor, badge: str) -> Answer:
    """Signs in whoever the badge belongs to; a badge is found by its keyed hash, so it waits in no queue."""
    stored = secrets.badge(badge)
    await tell(desk, "staff.try_pin", {"operator": None}, device)
    operator = desk.look(lambda world: by_badge(world, stored))
    if operator is None:
        await tell(desk, "staff.report_wrong_pin", {"operator": None, "way": "badge"}, device)
        raise wrong()
    at = Actor(till=device.till, operator=operator, credential=device.credential)
    return await tell(desk, "staff.sign_in", {"operator": operator, "way": "badge"}, at)


async def approve(desk: Desk, secrets: Secrets, actor: Actor, by: int, pin: str) -> int:
    """Checks a second operator's PIN at the till where ``actor`` stands; what comes back goes into the next envelope's
    ``override``, within a minute. A right one counts no more, whether that envelope ever comes or not."""
    await _check_pin(desk, secrets, actor, by, pin)
    await tell(desk, "staff.lend", {"operator": by}, actor)
    return by


def _stranger(secrets: Secrets, login: str) -> int:
    """The number under which the engine counts log-ins by a name that nobody has."""
    digest = hmac.digest(secrets.pepper.key("strangers"), login.casefold().encode(), "sha256")
    return STRANGER_FIRST + int.from_bytes(digest[:8], "big") % STRANGERS


async def change_at_till(desk: Desk, secrets: Secrets, at: Actor, pin: str, change: Mapping[str, Any]) -> Answer:
    """Changes the PIN or badge of whoever stands at a till, behind his PIN as it was."""
    await _check_pin(desk, secrets, at, at.operator, pin)
    return await tell(desk, "staff.change_pin", change, at)


async def _prove(desk: Desk, secrets: Secrets, operator: int, proof: Proof, *, counted: int = 0) -> int:
    """The time step of the right code beside the right password of an operator (0: of nobody, who is never right).

    A try is ``counted`` for nobody too: a name that no operator has waits as long, and answers no sooner.
    """
    with secrets.room() as place:
        await tell(desk, "access.try_log_in", {"operator": counted or operator}, NOBODY)
        stored = desk.look(lambda world: stored_secret(world, operator, "password"))
        right = await asyncio.wrap_future(secrets.check("password", operator, proof.password, stored, place))
    sealed = desk.look(lambda world: stored_secret(world, operator, "totp"))
    seed = None if sealed is None else totp.unseal(secrets.pepper, operator, sealed)
    step = None if seed is None else totp.matching_step(seed, proof.code, proof.now_ms)
    if not right or step is None:
        raise wrong()
    return step


async def log_in(desk: Desk, secrets: Secrets, login: str, proof: Proof) -> Session:
    """Begins a session by alias or e-mail address, password and one-time code."""
    operator = desk.look(lambda world: by_login(world, login)) or 0
    step = await _prove(desk, secrets, operator, proof, counted=operator or _stranger(secrets, login))
    made = tokens.session_id()
    body = {"operator": operator, "session": tokens.digest(made).hex(), "way": "password", "code_step": step}
    await tell(desk, "access.log_in", body, Actor(till=0, operator=operator, credential=NOBODY.credential))
    return Session(made, operator)


async def step_up(desk: Desk, secrets: Secrets, actor: Actor, proof: Proof) -> Session:
    """Proves the identity behind a session again; the session goes on under a new id."""
    step = await _prove(desk, secrets, actor.operator, proof)
    made = tokens.session_id()
    body = {"session": tokens.digest(made).hex(), "way": "password", "code_step": step}
    await tell(desk, "access.step_up", body, actor)
    return Session(made, actor.operator)


async def log_in_by_passkey(desk: Desk, used: UsedPasskey) -> Session:
    """Begins a session with a passkey that `passkeys.finish_log_in` found to be right."""
    made, operator = tokens.session_id(), used.passkey.operator
    body = {"operator": operator, "session": tokens.digest(made).hex(), **_use(used)}
    await tell(desk, "access.log_in", body, Actor(till=0, operator=operator, credential=NOBODY.credential))
    return Session(made, operator)


async def step_up_by_passkey(desk: Desk, actor: Actor, used: UsedPasskey) -> Session:
    """Proves the identity behind a session again, with a passkey."""
    made = tokens.session_id()
    await tell(desk, "access.step_up", {"session": tokens.digest(made).hex(), **_use(used)}, actor)
    return Session(made, actor.operator)


def _use(used: UsedPasskey) -> dict[str, Any]:
    passkey = {"id": used.passkey.id, "count": used.uses, "challenge": used.challenge.hex()}
    return {"way": "passkey", "passkey": passkey}


async def add_passkey(desk: Desk, actor: Actor, label: str, made: NewPasskey) -> Answer:
    """Adds a passkey that `passkeys.finish_registration` found to be right to the actor's own account."""
    body = {
        "label": label,
        "credential": made.credential.hex(),
        "key": {"hash": made.key, "key": made.credential.hex()},
    }
    return await tell(desk, "access.add_passkey", body, actor)


async def stored_form(secrets: Secrets, field: str, operator: int, secret: str) -> dict[str, str]:
    """What goes into an operator's row for a new ``pin``, ``password`` or ``badge``: hash and content key."""
    if field == "badge":
        kept = secrets.badge(secret)
        return {"hash": kept, "key": kept}
    purpose: Purpose = "pin" if field == "pin" else "password"
    made = await asyncio.wrap_future(secrets.hash(purpose, operator, secret))
    return {"hash": made, "key": secrets.key(purpose, operator, secret)}
