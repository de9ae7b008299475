"""Passkeys (WebAuthn level 2): both ceremonies as functions of what the browser sent, the time, and a sealed challenge.

Only where the host is a name: a passkey is bound to it. The challenge travels in a cookie under an HMAC, is good for
five minutes and for one purpose, and the engine takes each only once. The library is imported with the first use.
"""

import base64
import hashlib
import hmac
import json
import os
import struct
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from engine.features import PasskeyView

CHALLENGE_BYTES = 32
CHALLENGE_MS = 5 * 60_000
RESPONSE_CHARS_MAX = 16_384
_MAC_BYTES = 32
_STAMP = struct.Struct(">Q")

Purpose = Literal["register", "log-in"]


class PasskeyError(Exception):
    """The ceremony failed: answer 401 (or 422 while registering), and say no more than this."""

    code = "auth.passkey"


class Site(NamedTuple):
    """Where passkeys are made and used: the host's name (the relying party's id), what people call it, its origin."""

    host: str
    name: str
    origin: str


class NewPasskey(NamedTuple):
    """A checked new credential: the SHA-256 of its id, and its public key (COSE) as it is stored."""

    credential: bytes
    key: str


class UsedPasskey(NamedTuple):
    """A checked use: the passkey, its count of uses, and the SHA-256 of the challenge that was answered."""

    passkey: PasskeyView
    uses: int
    challenge: bytes


def seal_challenge(key: bytes, purpose: Purpose, challenge: bytes, now_ms: int) -> str:
    """The challenge as a cookie's value."""
    data = challenge + _STAMP.pack(now_ms)
    return base64.urlsafe_b64encode(data + _mac(key, purpose, data)).decode()


def read_challenge(key: bytes, purpose: Purpose, value: str | None, now_ms: int) -> bytes:
    """The challenge again; refuses one that is missing, forged, for something else, or older than five minutes."""
    try:
        raw = base64.b64decode(value or "", altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    data, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(data) != CHALLENGE_BYTES + _STAMP.size or not hmac.compare_digest(_mac(key, purpose, data), mac):
        raise PasskeyError("there is no challenge to answer")
    made_ms = _STAMP.unpack(data[CHALLENGE_BYTES:])[0]
    if not 0 <= now_ms - made_ms < CHALLENGE_MS:
        raise PasskeyError("the challenge is too old")
    return data[:CHALLENGE_BYTES]


def _mac(key: bytes, purpose: str, data: bytes) -> bytes:
    return hmac.new(key, b"challenge\0" + purpose.encode() + b"\0" + data, hashlib.sha256).digest()


def begin_registration(site: Site, key: bytes, operator: int, alias: str, now_ms: int) -> tuple[dict[str, Any], str]:
    """(options for ``navigator.credentials.create``, challenge cookie); the authenticator has to verify its user."""
    import webauthn
    from webauthn.helpers import structs

    challenge = os.urandom(CHALLENGE_BYTES)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=_handle(key, operator),
        user_name=alias,
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        supported_pub_key_algs=_algorithms(),
    )
    return json.loads(webauthn.options_to_json(options)), seal_challenge(key, "register", challenge, now_ms)


def _algorithms() -> list[Any]:
    """Ed25519 and ES256: what authenticators have, and short enough to be kept as a secret field."""
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    return [COSEAlgorithmIdentifier.EDDSA, COSEAlgorithmIdentifier.ECDSA_SHA_256]


def _handle(key: bytes, operator: int) -> bytes:
    """The user handle that an authenticator keeps: tells nobody the operator's number."""
    return hmac.new(key, b"handle\0" + operator.to_bytes(8, "big"), hashlib.sha256).digest()


def finish_registration(
    site: Site, key: bytes, response: Mapping[str, Any], cookie: str | None, now_ms: int
) -> NewPasskey:
    """Checks what ``navigator.credentials.create`` answered."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = read_challenge(key, "register", cookie, now_ms)
    try:
        made = webauthn.verify_registration_response(
            credential=_checked(response),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=_algorithms(),
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError("the authenticator's answer does not hold") from error
    return NewPasskey(hashlib.sha256(made.credential_id).digest(), _b64(made.credential_public_key))


def begin_log_in(site: Site, key: bytes, now_ms: int) -> tuple[dict[str, Any], str]:
    """(options for ``navigator.credentials.get``, challenge cookie); the authenticator knows whose passkeys it has."""
    import webauthn
    from webauthn.helpers import structs

    challenge = os.urandom(CHALLENGE_BYTES)
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    return json.loads(webauthn.options_to_json(options)), seal_challenge(key, "log-in", challenge, now_ms)


def finish_log_in(
    site: Site,
    key: bytes,
    response: Mapping[str, Any],
    cookie: str | None,
    now_ms: int,
    *,
    find: Callable[[bytes], PasskeyView | None],
) -> UsedPasskey:
    """Checks what ``navigator.credentials.get`` answered; ``find`` looks the SHA-256 of a credential's id up."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = read_challenge(key, "log-in", cookie, now_ms)
    try:
        known = find(hashlib.sha256(webauthn.base64url_to_bytes(str(response["id"]))).digest())
        if known is None:
            raise PasskeyError("the passkey is not known here")
        used = webauthn.verify_authentication_response(
            credential=_checked(response),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=webauthn.base64url_to_bytes(known.key),
            credential_current_sign_count=0,  # the engine compares the counts, in the transaction
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError("the authenticator's answer does not hold") from error
    return UsedPasskey(known, used.new_sign_count, hashlib.sha256(challenge).digest())


def _checked(response: Mapping[str, Any]) -> dict[str, Any]:
    """What a browser sent, if it is of a size that an authenticator makes."""
    if len(json.dumps(response)) > RESPONSE_CHARS_MAX:
        raise ValueError("the answer is too long")
    return dict(response)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
