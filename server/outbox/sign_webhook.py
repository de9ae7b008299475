"""Signatures of webhooks as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, timestamp and body."""

import base64
import hmac
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
TOLERANCE_S = 300  # how far a timestamp may be from the receiver's clock
ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """One signature, ``v1,`` and base64; ``secret`` is ``whsec_`` and base64 (`ValueError` where it is not)."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    content = b"%s.%d.%s" % (id.encode("ascii"), timestamp, body)
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"


def headers(secrets: Iterable[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a delivery; while secrets change, each of them signs, so that receivers can follow."""
    signed = " ".join([signature(secret, id, timestamp, body) for secret in secrets])
    return {ID: id, TIMESTAMP: str(timestamp), SIGNATURE: signed}


def verified(secrets: Iterable[str], headers: Mapping[str, str], body: bytes, now_s: int) -> bool:
    """Whether a delivery is ours and fresh: what a receiver does, compared in constant time."""
    id, stamp, given = headers.get(ID, ""), headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not id.isascii() or not stamp.isascii() or not stamp.isdigit() or abs(int(stamp) - now_s) > TOLERANCE_S:
        return False
    wanted = [signature(secret, id, int(stamp), body).encode() for secret in secrets]
    offered = [one.encode() for one in given.split(" ")]
    return any(hmac.compare_digest(one, other) for one in wanted for other in offered)
