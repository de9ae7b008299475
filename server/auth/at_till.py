"""Endpoints of tills: a device becomes one, and people sign in, out, and lend each other their rights there."""

import msgspec

from engine.engine import Actor
from engine.features import identity, till_idle_s
from server.auth import ceremonies, cookies, recognise, sessions, tokens
from server.auth.bodies import (
    ApproveBody,
    Approved,
    BadgeBody,
    EnrolBody,
    Enrolled,
    InviteBody,
    Invited,
    PinBody,
    SignedIn,
    SignedOut,
    SignOutBody,
)
from server.auth.ceremonies import DeclinedError
from server.auth.reception import Answered, Asked, Reception
from server.wire.answers import rfc3339

INVITATION_S = 600
_NO_CODE = frozenset({"access.wrong_code", "access.no_invitation", "access.unknown_till"})
_LEFT = "staff.not_signed_in"


async def enrol(reception: Reception, asked: Asked) -> Answered:
    """Makes the device that typed a code a till; a wrong code and none at all are one answer."""
    body: EnrolBody = asked.body
    try:
        token = await ceremonies.enrol(reception.desk, reception.pepper, body.code)
    except DeclinedError as error:
        if error.code not in _NO_CODE:
            raise
        text = "the code is wrong, used up, or older than ten minutes: ask for a new one"
        raise DeclinedError("access.wrong_code", text) from error
    parts = tokens.parse(token)
    assert isinstance(parts, tokens.TillToken), "made a line above"
    return Answered(Enrolled(till=parts.till, token=token))


async def invite(reception: Reception, asked: Asked) -> Answered:
    """Makes a one-time code for a till."""
    body: InviteBody = asked.body
    code = await ceremonies.invite(reception.desk, reception.pepper, body.till, asked.actor)
    return Answered(Invited(till=body.till, code=code, valid_s=INVITATION_S))


def device_of(actor: Actor) -> Actor:
    """The till's device alone, whoever stands there; refuses who is at no till."""
    kind, *rest = actor.credential.split(":")
    if kind != "till":
        raise DeclinedError("staff.no_till", "PINs and badges are taken at enrolled tills only")
    return Actor(till=actor.till, credential=f"till:{rest[0]}:{rest[1]}")


async def pin(reception: Reception, asked: Asked) -> Answered:
    """Signs in by PIN."""
    body: PinBody = asked.body
    device = device_of(asked.actor)
    await ceremonies.sign_in_by_pin(reception.desk, reception.secrets, device, body.operator, body.pin)
    return _signed_in(reception, device, body.operator)


async def badge(reception: Reception, asked: Asked) -> Answered:
    """Signs in by badge."""
    body: BadgeBody = asked.body
    device = device_of(asked.actor)
    done = await ceremonies.sign_in_by_badge(reception.desk, reception.secrets, device, body.badge)
    record = msgspec.to_builtins(done.records[0])
    return _signed_in(reception, device, record["operator"])


def _signed_in(reception: Reception, device: Actor, operator: int) -> Answered:
    now = reception.now_ms()
    value = recognise.begin_shift(reception.reader(), device, operator, reception.gate.key(), now)
    limits = sessions.at_till(reception.desk.look(till_idle_s))
    known = recognise.at_till(device, reception.gate.key(), value, now, limits)
    me = reception.desk.look(lambda world: identity(world, known.actor))
    shown = SignedIn(
        till=me.till,
        operator=me.operator,
        alias=me.alias,
        role=me.role,
        rights=me.rights,
        cookie=f"{cookies.SHIFT}={value}",
        idle_s=limits.idle_ms // 1000,
        until=rfc3339(me.since_ms + limits.whole_ms),
    )
    return Answered(shown, (cookies.set_cookie(cookies.SHIFT, value),))


async def sign_out(reception: Reception, asked: Asked) -> Answered:
    """Signs somebody out at this till; who was out before is out, and leaving is never refused."""
    body: SignOutBody = asked.body
    device = device_of(asked.actor)
    operator = body.operator or asked.actor.operator
    if operator:
        # As himself where he still is, so that the entry names him; else as the device, at which anybody may leave.
        for actor in (asked.actor, device):
            answer = await reception.desk.send("staff.sign_out", {"operator": operator}, actor, ceremonies.new_id())
            if answer.status == "done":
                break
            if answer.code != _LEFT:
                raise DeclinedError(answer.code, answer.text, answer.data, retry=answer.retry)
    own = operator in (0, asked.actor.operator)
    headers = (cookies.clear_cookie(cookies.SHIFT),) if own else ()
    return Answered(SignedOut(till=device.till, operator=operator), headers)


async def approve(reception: Reception, asked: Asked) -> Answered:
    """Checks a second operator's PIN for one command of whoever stands at the till."""
    body: ApproveBody = asked.body
    device = device_of(asked.actor)
    if not asked.actor.operator or body.operator == asked.actor.operator:
        raise DeclinedError("staff.no_override", "rights are lent at a till, by one operator to another")
    await ceremonies.approve(reception.desk, reception.secrets, asked.actor, body.operator, body.pin)
    lender = Actor(till=0, operator=body.operator)
    alias = reception.desk.look(lambda world: identity(world, lender)).alias
    override = reception.gate.approval(device, body.operator, bytes.fromhex(body.command.replace("-", "")))
    valid_s = sessions.APPROVAL_MS // 1000
    return Answered(Approved(by=body.operator, alias=alias, override=override, valid_s=valid_s))
