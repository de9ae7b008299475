"""Signatures against the published example of Standard Webhooks, and against a twin written from its text."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.outbox.sign_webhook import TOLERANCE_S, headers, signature, verified

# The example that the specification and its reference libraries publish (standard-webhooks, libraries/*/webhook_test).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"


def twin(secret: str, content: bytes) -> str:
    """HMAC-SHA256 by RFC 2104, without the library's."""
    key = base64.b64decode(secret[6:]).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + content).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()
    return "v1," + base64.b64encode(outer).decode()


def test_the_published_example_comes_out() -> None:
    assert SIGNED == signature(SECRET, ID, AT, BODY)


def test_a_secret_without_its_prefix_is_the_same_secret() -> None:
    assert SIGNED == signature(SECRET.removeprefix("whsec_"), ID, AT, BODY)


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=200), st.integers(0, 2**40))
@settings(max_examples=100, deadline=None)
def test_every_signature_is_what_the_twin_makes(key: bytes, body: bytes, at: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()

    assert twin(secret, f"{ID}.{at}.".encode() + body) == signature(secret, ID, at, body)


def test_while_secrets_change_both_sign_and_either_verifies() -> None:
    made = headers([OTHER, SECRET], ID, AT, BODY)

    assert f"{signature(OTHER, ID, AT, BODY)} {SIGNED}" == made["webhook-signature"]
    assert (ID, str(AT)) == (made["webhook-id"], made["webhook-timestamp"])
    assert [True, True, False] == [verified([secret], made, BODY, AT) for secret in (SECRET, OTHER, "whsec_AAAA")]


@pytest.mark.parametrize(
    ("changes", "body", "now_s"),
    [
        ({"webhook-id": "msg_other"}, BODY, AT),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT),
        ({"webhook-timestamp": "soon"}, BODY, AT),
        ({"webhook-signature": "v1,"}, BODY, AT),
        ({"webhook-signature": SIGNED.replace("v1", "v2")}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + TOLERANCE_S + 1),
        ({}, BODY, AT - TOLERANCE_S - 1),
    ],
)
def test_what_was_changed_or_is_stale_does_not_verify(changes: dict[str, str], body: bytes, now_s: int) -> None:
    good = headers([SECRET], ID, AT, BODY)

    assert verified([SECRET], good, BODY, AT + TOLERANCE_S)
    assert not verified([SECRET], good | changes, body, now_s)
