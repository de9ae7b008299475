"""Problems as the API says them: RFC 9457 bodies with stable codes, and the HTTP status of every family of codes."""

from collections.abc import Mapping
from typing import Any

import msgspec

PROBLEM_TYPE = b"application/problem+json"
TYPE_PREFIX = "urn:guichet:problem:"

CODES: Mapping[str, str] = {
    "api.bad_id": "a command id is a UUID as text or 32 hex digits",
    "api.bad_path": "the path holds what no path here holds: `//`, `..`, a backslash, an encoded slash or control",
    "api.bad_request": "the request breaks a rule of HTTP or of this server; `detail` says which",
    "api.batch_size": "a batch has 1 to 50 commands",
    "api.busy": "more is waiting for the engine than it can answer soon; nothing was recorded",
    "api.condition": "a write cannot carry a condition (If-Match) yet; nothing was recorded",
    "api.engine_away": "the engine was not there, or left before it answered: send the same id again",
    "api.fault": "this server failed on the request, and cannot say whether it was recorded: send the same id again",
    "api.header_size": "the headers are too many or too long",
    "api.ids_differ": "the Idempotency-Key and the id in the body differ",
    "api.late": "the request did not arrive within its time",
    "api.length_required": "a body needs its length or chunked encoding",
    "api.media_type": "a body here is JSON: Content-Type: application/json",
    "api.method": "the path does not know this method; Allow names those it knows",
    "api.misdirected": "this server does not answer for that host",
    "api.no_id": "a command needs an id made by the client: Idempotency-Key, or `id` in the body",
    "api.not_found": "there is nothing at this path",
    "api.too_fast": "this till sells faster than its limit; nothing was recorded",
    "api.too_large": "the body is larger than this path takes",
    "api.too_many_watchers": "too many live connections follow the changes already",
    "auth.missing": "the request carries no credential: Authorization: Bearer ...",
    "auth.no_operator": "the request does not say which operator asks",
    "auth.unknown": "the credential is not known, or no longer",
}
"""What the server itself may answer, beside the refusals of THE TABLE."""

EXACT: Mapping[str, int] = {
    "api.busy": 503,
    "api.condition": 501,
    "api.engine_away": 503,
    "api.fault": 500,
    "api.header_size": 431,
    "api.late": 408,
    "api.length_required": 411,
    "api.media_type": 415,
    "api.method": 405,
    "api.misdirected": 421,
    "api.not_found": 404,
    "api.too_fast": 429,
    "api.too_large": 413,
    "api.too_many_watchers": 503,
    "api.ids_differ": 400,
    "api.no_id": 400,
    "api.batch_size": 400,
    "auth.no_operator": 403,
    "kernel.bad_request": 400,
    "kernel.id_reused": 422,
    "kernel.no_operator": 403,
    "kernel.no_such_row": 404,
    "kernel.not_allowed": 403,
    "kernel.unknown_command": 404,
    "kernel.unknown_query": 404,
    "kernel.unknown_till": 403,
    "kernel.wrong_source": 404,
    "journal.no_such_entry": 404,
    "sales.unknown_ticket": 404,
    "store.disk_low": 507,
}
"""Codes that stand for one status of their own."""

FAMILIES: tuple[tuple[str, int], ...] = (
    ("api.bad_", 400),
    ("auth.", 401),
    ("pricing.", 422),
    (".bad_", 422),
    (".unknown_", 422),
    (".ambiguous_", 422),
    (".missing_", 422),
    (".empty_", 422),
    (".wrong_", 422),
    (".no_such_", 404),
)
"""Parts of codes and their statuses, first match first: 422 for a content that can never be right; else it is 409."""

CONFLICT = 409
RETRY_AFTER_S = 1


def status_of(code: str) -> int:
    """The HTTP status of a refusal: 409 (the state of the shop does not allow it) where nothing says otherwise."""
    exact = EXACT.get(code)
    if exact is not None:
        return exact
    return next((status for part, status in FAMILIES if part in code), CONFLICT)


def fault_status(*, retry: bool) -> int:
    """The HTTP status of a fault: 503 where the same command may be sent again, else 500."""
    return 503 if retry else 500


class Problem(Exception):
    """A request that the server itself declines: its code, a sentence, and the place at fault."""

    def __init__(
        self, code: str, text: str = "", *, at: str | None = None, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text or CODES[code]
        self.at = at
        self.headers = headers

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return status_of(self.code)

    def body(self, id: str | None = None) -> bytes:
        """Its problem+json."""
        return problem_body(self.status, self.code, self.text, at=self.at, id=id)


_encode = msgspec.json.Encoder().encode


def problem_body(
    status: int,
    code: str,
    text: str,
    *,
    at: str | None = None,
    data: Mapping[str, Any] | None = None,
    id: str | None = None,
    retry: bool | None = None,
) -> bytes:
    """A problem as JSON: type, title (the code's last part in words), status, detail, code, and what else is known."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": code.rpartition(".")[2].replace("_", " ").capitalize(),
        "status": status,
        "detail": text,
        "code": code,
    }
    if at is not None:
        body["at"] = at
    if data:
        body["data"] = data
    if id is not None:
        body["id"] = id
    if retry is not None:
        body["retry"] = retry
    return _encode(body)
