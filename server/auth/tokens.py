"""Bearer tokens and one-time codes: made once, shown once, known afterwards by their hash only.

A token has 256 random bits, so its SHA-256 needs no salt and no slow hash (reliability 3.4). A code that a person
types has 40, so it is kept under a key that is not in the store, for ten minutes and five tries.
"""

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

SECRET_CHARS = 43  # 256 bits in base64url without padding
KEY_ID_CHARS = 8
CODE_CHARS = 8  # of 32: 40 bits
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_KEY_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})

_TILL = re.compile(r"tk_till_([1-9][0-9]{0,4})_([A-Za-z0-9_-]{43})")
_API = re.compile(r"tk_api_([0-9A-Za-z]{8})_([A-Za-z0-9_-]{43})")
_CODE = re.compile(rf"([1-9][0-9]{{0,4}})([{CODE_ALPHABET}]{{8}})")
_TILL_MAX = 65_535


class TillToken(NamedTuple):
    """A till's token taken apart: the till, and the SHA-256 of the whole token."""

    till: int
    digest: bytes


class KeyToken(NamedTuple):
    """An API key's token taken apart: the eight characters that name it, and the SHA-256 of the whole token."""

    key_id: str
    digest: bytes


def till_token(till: int) -> str:
    """A new token for a till: ``tk_till_<till>_<43 characters>``."""
    return f"tk_till_{till}_{secrets.token_urlsafe(32)}"


def api_token() -> str:
    """A new token for an API key: ``tk_api_<8 characters>_<43 characters>``."""
    key_id = "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(KEY_ID_CHARS))
    return f"tk_api_{key_id}_{secrets.token_urlsafe(32)}"


def session_id() -> str:
    """A new session's id: 256 random bits, opaque."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """The SHA-256 under which a token or a session's id is stored."""
    return hashlib.sha256(token.encode()).digest()


def parse(token: str) -> TillToken | KeyToken | None:
    """The parts of a bearer token, or None where it is neither a till's nor an API key's."""
    found = _TILL.fullmatch(token)
    if found is not None and int(found[1]) <= _TILL_MAX:
        return TillToken(int(found[1]), digest(token))
    found = _API.fullmatch(token)
    return None if found is None else KeyToken(found[1], digest(token))


def enrolment_code(till: int) -> str:
    """A new one-time code as it is shown: the till's number, then twice four characters (``3-7QX2-M4KD``)."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))
    return f"{till}-{code[:4]}-{code[4:]}"


def parse_code(typed: str) -> tuple[int, str] | None:
    """(till, code) of what somebody typed, small letters and letters misread as digits put right; None where none."""
    till, _, rest = typed.strip().upper().partition("-")
    found = _CODE.fullmatch(till + rest.replace("-", "").replace(" ", "").translate(_MISREAD))
    if found is None or found[1] != till or int(till) > _TILL_MAX:
        return None
    return int(till), found[2]


def code_hash(key: bytes, till: int, code: str) -> str:
    """The keyed hash, in hex, under which a one-time code is handed to the engine (`access.invite_till`)."""
    return hmac.new(key, b"%d\0%b" % (till, code.encode()), hashlib.sha256).hexdigest()
