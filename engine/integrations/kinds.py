"""What people configure about other software: the endpoints that are told of events."""

import base64
import binascii
import re
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row, Secret, SecretMark
from engine.kernel.messages import Label
from engine.kernel.world import World

URL_CHARS_MAX = 2_000
WEBHOOKS_MAX = 20  # endpoints of one shop (reliability.md 3.2)
PORTS = (None, 443, 8443)  # which of them may be used is the outbox's own allow-list (reliability.md 3.9)
SECRET_PREFIX = "whsec_"  # noqa: S105  # what every secret begins with is no secret
SECRET_BYTES_MIN = 24  # Standard Webhooks: between 24 and 64 bytes
SECRET_BYTES_MAX = 64

EventName = Literal["validated", "terminated", "refunded", "cashBox_open", "cashBox_close", "changed"]
"""What an endpoint can hear of (features.md, ``webhook``): a ticket was validated, a ticket was paid in full (both of
refunds too), a refund, a till was opened or closed, a row of the catalogue changed."""

_URL = re.compile(r"[!-~]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


class WebhookRow(Row, frozen=True, kw_only=True):
    """An endpoint: where events are posted, and which.

    ``format`` is the body: "standard" is ours (type, timestamp, data; money in minor units), "reference" the flat
    fields of the till that features.md describes, in major units as decimal strings. ``secret`` signs what is sent: a
    worker makes it (``whsec_`` and base64 of 24 to 64 bytes), shows it once and hands over the text as its ``hash``,
    with the keyed hash; ``integrations.rotate_secret`` replaces it without a gap. An endpoint that is not ``active``
    hears of nothing.
    """

    title: Label
    url: Annotated[str, Meta(min_length=1, max_length=URL_CHARS_MAX)]
    events: Annotated[tuple[EventName, ...], Meta(min_length=1, max_length=6)] = ("validated", "terminated")
    format: Literal["standard", "reference"] = "standard"
    secret: Annotated[Secret | None, SecretMark] = None
    active: bool = True


def check_url(url: str, at: str) -> str:
    """The address in one spelling, or a refusal: https, a host by name, port 443 or 8443, no user, no fragment.

    Whether the name leads somewhere that may be called is looked at for each delivery, by who delivers.
    """
    if _URL.fullmatch(url) is None or "\\" in url:
        raise Refusal("integrations.bad_url", "an address is printable ASCII without spaces or backslashes", at=at)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refusal("integrations.bad_url", "the address is malformed", at=at) from None
    if parts.scheme != "https":
        raise Refusal("integrations.not_https", "only https is called", at=at)
    host = (parts.hostname or "").removesuffix(".")
    if "@" in parts.netloc or "#" in url or _HOST.fullmatch(host) is None or ".." in host or "." not in host:
        raise Refusal("integrations.bad_url", "the address has no user, no fragment, and a host with a domain", at=at)
    if _is_number(host.rpartition(".")[2]):
        raise Refusal("integrations.bad_url", "an endpoint is named, not numbered", at=at)
    if port not in PORTS:
        raise Refusal("integrations.bad_port", "the port is 443, or 8443 where that is allowed", at=at)
    return _spelled(parts, host, port)


def _is_number(label: str) -> bool:
    """Whether a host that ends so would be read as an IPv4 address (URL standard, ends in a number)."""
    return label.isdigit() or re.fullmatch(r"0x[0-9a-f]*", label) is not None


def _spelled(parts: SplitResult, host: str, port: int | None) -> str:
    netloc = host if port in (None, 443) else f"{host}:{port}"
    return parts._replace(netloc=netloc, path=parts.path or "/").geturl()


def check_secret(secret: Secret, at: str) -> None:
    """Refuses a text that is no Standard Webhooks secret."""
    text = secret.hash
    try:
        size = len(base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not text.startswith(SECRET_PREFIX) or not SECRET_BYTES_MIN <= size <= SECRET_BYTES_MAX:
        text = f"a secret is {SECRET_PREFIX} and the base64 of {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes"
        raise Refusal("integrations.bad_secret", text, at=at)


def check_webhook(row: WebhookRow, world: World) -> WebhookRow:
    """An address that may be called, a secret that signs, every event once."""
    if row.secret is not None:
        check_secret(row.secret, "row.secret")
    events = tuple(sorted(set(row.events)))
    return msgspec.structs.replace(row, url=check_url(row.url, "row.url"), events=events)


WEBHOOKS = Kind(
    name="webhooks",
    code=90,
    row=WebhookRow,
    permission="integrations.write",
    rows_max=WEBHOOKS_MAX,
    check=check_webhook,
    example={
        "title": "Comptabilité",
        "url": "https://compta.example.com/hooks/caisse",
        "events": ["cashBox_close", "validated"],
    },
)
