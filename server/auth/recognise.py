"""Who a request comes from: the actor that its token or its cookies stand for, as the last commit knows them.

A worker keeps what it found for a moment (`server.auth.gate`); the engine looks again in the transaction in any case.
"""

import ipaddress
from typing import NamedTuple

from engine.engine import Actor, Reader
from engine.features import KeyView, SessionView, api_key, session, sign_in_number, till_credential
from server.auth import sessions, tokens

NOBODY = Actor(till=0, credential="nobody")
"""Whoever shows nothing: he may sign in, and enrol a till."""


class Known(NamedTuple):
    """Somebody recognised: the actor, and the cookie value to send back where it is time to renew it.

    ``renew_ms`` is when what he showed is old enough to be renewed, ``rests_ms`` when it counts no more, because he
    rested too long or was here too long (milliseconds since 1970; 0: never, as for keys and a till with nobody at it).
    """

    actor: Actor
    renewed: str | None = None
    renew_ms: int = 0
    rests_ms: int = 0


class UnknownError(Exception):
    """Not recognised: answer 401. ``code`` is stable; it never says which part was wrong."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def _unknown() -> UnknownError:
    return UnknownError("auth.unknown", "the credential is not known here, or not any more")


def bearer(reader: Reader, token: str, address: str) -> Actor:
    """The till (with nobody at it) or the API key that a bearer token stands for; a key only from its own networks."""
    parts = tokens.parse(token)
    if isinstance(parts, tokens.TillToken):
        till, digest = parts
        name = reader.look(lambda world: till_credential(world, till, digest))
        if name is None:
            raise _unknown()
        return Actor(till=till, credential=name)
    if parts is None:
        raise _unknown()
    found = _key(reader, parts, address)
    return Actor(till=found.till, credential=found.credential)


def key(reader: Reader, token: str, address: str) -> KeyView:
    """The live API key that a token stands for, from one of its own networks; no till's token is one."""
    parts = tokens.parse(token)
    if not isinstance(parts, tokens.KeyToken):
        raise _unknown()
    return _key(reader, parts, address)


def _key(reader: Reader, parts: tokens.KeyToken, address: str) -> KeyView:
    key_id, digest = parts
    found: KeyView | None = reader.look(lambda world: api_key(world, key_id, digest))
    if found is None or not _from(address, found.addresses):
        raise _unknown()
    return found


def _from(address: str, networks: tuple[str, ...]) -> bool:
    """Whether a peer's address lies in one of the networks (none: anywhere); IPv4 mapped into IPv6 counts."""
    if not networks:
        return True
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    return any(peer in ipaddress.ip_network(network) for network in networks)


def at_till(device: Actor, key: bytes, cookie: str | None, now_ms: int, limits: sessions.Limits) -> Known:
    """The operator whom the device's shift cookie names, or the device alone where nobody stands there.

    A shift that rested too long asks for the PIN again: ``auth.idle``. The engine looks whether the sign-in is live.
    """
    shift = sessions.read_shift(key, cookie, now_ms)
    if shift is None or device.credential != f"till:{shift.till}:{shift.serial}":
        return Known(device)
    if now_ms - shift.seen_ms >= limits.idle_ms:
        raise UnknownError("auth.idle", "nobody touched the till for a while: the PIN, please")
    actor = Actor(till=shift.till, operator=shift.operator, credential=f"{device.credential}:{shift.sign_in}")
    renew = sessions.must_renew(shift.seen_ms, now_ms)
    return Known(
        actor,
        sessions.seal_shift(key, shift._replace(seen_ms=now_ms)) if renew else None,
        shift.seen_ms + sessions.RENEW_MS,
        shift.seen_ms + limits.idle_ms,
    )


def begin_shift(reader: Reader, device: Actor, operator: int, key: bytes, now_ms: int) -> str:
    """The shift cookie of an operator who has just signed in at a device."""
    till = device.till
    number = reader.look(lambda world: sign_in_number(world, till, operator))
    serial = int(device.credential.split(":")[2])
    return sessions.seal_shift(key, sessions.Shift(till, serial, operator, number, now_ms))


def in_back_office(reader: Reader, key: bytes, session_id: str | None, seen: str | None, now_ms: int) -> Known:
    """Whoever the session cookie stands for, while it is neither idle nor over."""
    if session_id is None:
        raise _unknown()
    digest = tokens.digest(session_id)
    found: SessionView | None = reader.look(lambda world: session(world, digest, of_any_age=True))
    if found is None:
        raise _unknown()
    seen_ms = sessions.read_seen(key, digest, seen, now_ms)
    verdict = sessions.verdict(sessions.BACK_OFFICE, found.began_ms, seen_ms, now_ms)
    if verdict != "live" or seen_ms is None:
        raise UnknownError(f"auth.{'idle' if verdict == 'live' else verdict}", "the session is over: sign in again")
    actor = Actor(till=0, operator=found.operator, credential=f"session:{digest.hex()}")
    limits = sessions.BACK_OFFICE
    return Known(
        actor,
        sessions.seal_seen(key, digest, now_ms) if sessions.must_renew(seen_ms, now_ms) else None,
        seen_ms + sessions.RENEW_MS,
        min(seen_ms + limits.idle_ms, found.began_ms + limits.whole_ms),
    )
