"""Endpoints of the back office: logging in and out, proving oneself again, passkeys."""

import importlib.util
import ipaddress
from typing import Any

import msgspec

from engine.engine import Actor
from engine.features import Identity, identity, passkey
from server.auth import ceremonies, cookies, passkeys, sessions, tokens
from server.auth.bodies import (
    LoggedIn,
    LoggedOut,
    LogInBody,
    NewPasskeyBody,
    PasskeyAdded,
    PasskeyBody,
    PasskeyOptions,
    StepUpBody,
)
from server.auth.ceremonies import DeclinedError, Proof, Session
from server.auth.passkeys import PasskeyError, Site, UsedPasskey
from server.auth.reception import PASSKEY_KEY, Answered, Asked, Reception
from server.wire.answers import rfc3339

_STRANGE = frozenset({"access.code_used", "access.no_try", "access.unknown_operator"})
"""What the engine says only behind a right password: to whoever logs in it is as wrong as any other."""


async def log_in(reception: Reception, asked: Asked) -> Answered:
    """Begins a session; every mistake is one answer."""
    body: LogInBody = asked.body
    proof = Proof(body.password, body.code, reception.now_ms())
    try:
        made = await ceremonies.log_in(reception.desk, reception.secrets, body.login, proof)
    except DeclinedError as error:
        if error.code not in _STRANGE:
            raise
        raise ceremonies.wrong() from error
    return _logged_in(reception, made)


async def step_up(reception: Reception, asked: Asked) -> Answered:
    """Proves the session's identity again; it goes on under a new id."""
    body: StepUpBody = asked.body
    _require_session(asked.actor)
    if body.passkey is None:
        proof = Proof(body.password, body.code, reception.now_ms())
        return _logged_in(reception, await ceremonies.step_up(reception.desk, reception.secrets, asked.actor, proof))
    used = _used(reception, asked, body.passkey)
    if used.passkey.operator != asked.actor.operator:
        raise PasskeyError("the passkey is another's")
    return _logged_in(reception, await ceremonies.step_up_by_passkey(reception.desk, asked.actor, used))


def _require_session(actor: Actor) -> None:
    """Refuses everybody else before anything is counted or checked."""
    if not actor.credential.startswith("session:"):
        raise DeclinedError("access.no_session", "this is asked for in a session of the back office")


def _logged_in(reception: Reception, made: Session) -> Answered:
    digest, now = tokens.digest(made.id), reception.now_ms()
    actor = Actor(till=0, operator=made.operator, credential=f"session:{digest.hex()}")
    me: Identity = reception.desk.look(lambda world: identity(world, actor))
    limits = sessions.BACK_OFFICE
    shown = LoggedIn(
        operator=me.operator,
        alias=me.alias,
        role=me.role,
        rights=me.rights,
        idle_s=limits.idle_ms // 1000,
        until=rfc3339(me.since_ms + limits.whole_ms),
        proven_until=rfc3339(me.level_ms + sessions.STEP_UP_MS),
    )
    seen = sessions.seal_seen(reception.gate.key(), digest, now)
    return Answered(shown, (cookies.set_cookie(cookies.SESSION, made.id), cookies.set_cookie(cookies.SEEN, seen)))


async def log_out(reception: Reception, asked: Asked) -> Answered:
    """Ends this session."""
    return await _log_out(reception, asked, everywhere=False)


async def log_out_everywhere(reception: Reception, asked: Asked) -> Answered:
    """Ends all sessions of whoever asks, and his sign-ins at tills."""
    return await _log_out(reception, asked, everywhere=True)


async def _log_out(reception: Reception, asked: Asked, *, everywhere: bool) -> Answered:
    body = {"everywhere": everywhere}
    answer = await reception.desk.send("access.log_out", body, asked.actor, ceremonies.new_id())
    if answer.status != "done" and answer.code not in ("access.session_over", "access.no_session"):
        raise DeclinedError(answer.code, answer.text, answer.data, retry=answer.retry)
    return Answered(LoggedOut(everywhere=everywhere), FORGET)


FORGET = (cookies.clear_cookie(cookies.SESSION), cookies.clear_cookie(cookies.SEEN))
"""The cookies of a session that is over."""


# --- passkeys ----------------------------------------------------------------------------------------------------


def site_of(reception: Reception, host: str) -> Site:
    """The site that passkeys are bound to here; refuses an address that is no name, and an installation without the
    library."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        if importlib.util.find_spec("webauthn") is None:
            text = "this server was installed without passkeys; whoever runs it adds them: guichet[passkeys]"
            raise DeclinedError("auth.no_passkeys", text) from None
        title = str(reception.settings().get("name", name))
        return Site(name.lower(), title, f"{reception.scheme}://{host.lower()}")
    raise DeclinedError("auth.no_name", "passkeys are bound to a name: reach this server by one, not by its address")


async def begin_passkey(reception: Reception, asked: Asked) -> Answered:
    """A challenge for whoever has a passkey, to log in or to prove himself again."""
    site = site_of(reception, asked.host)
    options, sealed = passkeys.begin_log_in(site, reception.pepper.key(PASSKEY_KEY), reception.now_ms())
    return Answered(PasskeyOptions(options=options), (cookies.set_cookie(cookies.CHALLENGE, sealed),))


async def finish_passkey(reception: Reception, asked: Asked) -> Answered:
    """Begins a session with a passkey."""
    body: PasskeyBody = asked.body
    used = _used(reception, asked, body.passkey)
    try:
        made = await ceremonies.log_in_by_passkey(reception.desk, used)
    except DeclinedError as error:
        if error.code == "access.unknown_operator":
            raise PasskeyError("nobody's any more") from error
        raise
    return _logged_in(reception, made)


def _used(reception: Reception, asked: Asked, response: dict[str, Any]) -> UsedPasskey:
    return passkeys.finish_log_in(
        site_of(reception, asked.host),
        reception.pepper.key(PASSKEY_KEY),
        response,
        asked.jar.get(cookies.CHALLENGE),
        reception.now_ms(),
        find=lambda digest: reception.desk.look(lambda world: passkey(world, digest)),
    )


async def begin_new_passkey(reception: Reception, asked: Asked) -> Answered:
    """A challenge for a new passkey of one's own."""
    actor = asked.actor
    _require_session(actor)
    me: Identity = reception.desk.look(lambda world: identity(world, actor))
    site, key = site_of(reception, asked.host), reception.pepper.key(PASSKEY_KEY)
    options, sealed = passkeys.begin_registration(site, key, me.operator, me.alias, reception.now_ms())
    return Answered(PasskeyOptions(options=options), (cookies.set_cookie(cookies.CHALLENGE, sealed),))


async def finish_new_passkey(reception: Reception, asked: Asked) -> Answered:
    """Adds the passkey to one's own account; the engine asks for a late proof."""
    body: NewPasskeyBody = asked.body
    _require_session(asked.actor)
    site, key = site_of(reception, asked.host), reception.pepper.key(PASSKEY_KEY)
    cookie = asked.jar.get(cookies.CHALLENGE)
    try:
        made = passkeys.finish_registration(site, key, body.passkey, cookie, reception.now_ms())
    except PasskeyError as error:
        raise DeclinedError("auth.bad_passkey", "the new passkey does not hold: begin again") from error
    answer = await ceremonies.add_passkey(reception.desk, asked.actor, body.label, made)
    id = msgspec.to_builtins(answer.records[0])["id"]
    return Answered(PasskeyAdded(id=id, label=body.label), (cookies.clear_cookie(cookies.CHALLENGE),))
