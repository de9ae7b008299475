"""Time-based one-time codes (RFC 6238, over RFC 4226): the second factor of a password."""

import base64
import hashlib
import hmac
import os
import urllib.parse

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.auth.pepper import Pepper

STEP_S = 30
DIGITS = 6
SEED_BYTES = 20  # the block that RFC 4226 recommends for SHA-1
DRIFT_STEPS = 1  # codes of the step before and after are taken: phones are seldom more than 30 seconds off
_NONCE_BYTES = 12
_FORM = "totp1$"


def code(seed: bytes, step: int, *, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The code of one time step (RFC 4226, 5.3)."""
    mac = hmac.new(seed, step.to_bytes(8, "big"), algorithm).digest()
    place = mac[-1] & 0x0F
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(seed: bytes, typed: str, now_ms: int, *, used: int = -1) -> int | None:
    """The time step whose code was typed, within one step of now and after the last one ``used``; None where none is.

    The engine refuses a step that was used (`access.code_used`), so this is only the first look.
    """
    now = now_ms // (STEP_S * 1000)
    typed = typed.replace(" ", "")
    found = None
    for step in range(max(0, now - DRIFT_STEPS), now + DRIFT_STEPS + 1):
        # Every step is compared, whichever fits: the time it takes says nothing.
        if hmac.compare_digest(code(seed, step).encode(), typed.encode()) and step > used:
            found = step
    return found


def new_seed() -> bytes:
    """A new seed, to be shown once (`uri`) and stored sealed (`seal`)."""
    return os.urandom(SEED_BYTES)


def uri(seed: bytes, account: str, shop: str) -> str:
    """The ``otpauth://`` address that an authenticator reads from a QR code."""
    label = urllib.parse.quote(f"{shop}:{account}", safe="")
    secret = base64.b32encode(seed).decode().rstrip("=")
    issuer = urllib.parse.quote(shop, safe="")
    return f"otpauth://totp/{label}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"


def seal(pepper: Pepper, operator: int, seed: bytes) -> str:
    """The stored form of a seed: AES-256-GCM under the pepper, bound to the operator (a seed cannot be hashed)."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(pepper.key("totp")).encrypt(nonce, seed, operator.to_bytes(8, "big"))
    return _FORM + base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(pepper: Pepper, operator: int, stored: str) -> bytes | None:
    """The seed again; None where the stored form was altered, is another operator's, or another pepper's."""
    if not stored.startswith(_FORM):
        return None
    try:
        data = base64.urlsafe_b64decode(stored.removeprefix(_FORM))
        return AESGCM(pepper.key("totp")).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], operator.to_bytes(8, "big"))
    except (ValueError, InvalidTag):
        return None


def seed_key(pepper: Pepper, seed: bytes) -> str:
    """The keyed hash that stands for a seed in the content of a command (`Secret.key`)."""
    return hmac.new(pepper.key("content"), b"totp\0" + seed, hashlib.sha256).hexdigest()
