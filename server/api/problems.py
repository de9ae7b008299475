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
    "api.condition": "PUT and DELETE of a row take If-Match with one version of it; no other condition is kept here",
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
    "auth.approval": "the approval is not one of this command at this till, or is older than a minute",
    "auth.bad_code": "the authenticator's code is not one of the new seed now",
    "auth.bad_passkey": "the new passkey does not hold: begin again",
    "auth.badge_form": "a badge is 4 to 128 visible ASCII characters",
    "auth.busy": "too many PINs and passwords are being checked; nothing was counted",
    "auth.cross_site": "the browser says that another site asked for this",
    "auth.idle": "nobody was active for a while: PIN or password, please",
    "auth.missing": "the request carries no credential: Authorization: Bearer ...",
    "auth.no_name": "passkeys are bound to a name: this server was reached by its address",
    "auth.no_passkeys": "this server was installed without passkeys",
    "auth.no_secret": "the new secret is missing",
    "auth.old_pin": "at a till the PIN as it was belongs to a change of one's own",
    "auth.no_pepper": "the workers' own key cannot be read: nobody can be recognised until it is back",
    "auth.origin": "a session's request names the origin of this very server: Origin",
    "auth.over": "the session has lasted its time: sign in again",
    "auth.own_page": "a session's request carries X-Till: 1",
    "auth.passkey": "the passkey was not accepted",
    "auth.password_long": "a password has at most 200 characters",
    "auth.password_short": "a password has at least 15 characters",
    "auth.password_weak": "a password has five different characters besides spaces and names",
    "auth.pin_form": "a PIN has six digits, or four",
    "auth.pin_weak": "a PIN is no run, no repetition, and no number of the shop's own",
    "auth.too_many": "this address asked too often without a credential; Retry-After says when again",
    "auth.unknown": "the credential is not known, or no longer",
    "auth.wrong": "that was not right: name, secret or code; which of them is not said",
}
"""What the server itself may answer, beside the refusals of THE TABLE."""

EXACT: Mapping[str, int] = {
    "api.busy": 503,
    "access.expired": 401,
    "access.foreign_till": 403,
    "access.more_than_own": 403,
    "access.not_own": 403,
    "access.revoked": 401,
    "access.session_over": 401,
    "api.condition": 400,
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
    "auth.approval": 403,
    "auth.bad_code": 422,
    "auth.bad_passkey": 422,
    "auth.badge_form": 422,
    "auth.busy": 503,
    "auth.cross_site": 403,
    "auth.no_name": 409,
    "auth.no_passkeys": 501,
    "auth.no_secret": 422,
    "auth.old_pin": 422,
    "auth.no_pepper": 503,
    "auth.origin": 403,
    "auth.own_page": 403,
    "auth.password_long": 422,
    "auth.password_short": 422,
    "auth.password_weak": 422,
    "auth.pin_form": 422,
    "auth.pin_weak": 422,
    "auth.too_many": 429,
    "kernel.bad_request": 400,
    "kernel.id_reused": 422,
    "kernel.no_credential": 401,
    "kernel.no_operator": 403,
    "kernel.no_such_row": 404,
    "kernel.not_allowed": 403,
    "kernel.row_changed": 412,
    "kernel.secret_not_here": 422,
    "kernel.step_up": 403,
    "kernel.unknown_command": 404,
    "kernel.unknown_query": 404,
    "kernel.unknown_till": 403,
    "kernel.wrong_source": 404,
    "journal.no_such_entry": 404,
    "sales.unknown_ticket": 404,
    "staff.more_than_own": 403,
    "access.wait": 429,
    "staff.device_locked": 429,
    "staff.wait": 429,
    "staff.no_override": 403,
    "staff.no_try": 403,
    "staff.not_signed_in": 401,
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
TOO_MANY = 429
WAIT_STATUSES = frozenset({503, 507})
RETRY_AFTER_S = 1


def status_of(code: str) -> int:
    """The HTTP status of a refusal: 409 (the state of the shop does not allow it) where nothing says otherwise."""
    exact = EXACT.get(code)
    if exact is not None:
        return exact
    return next((status for part, status in FAMILIES if part in code), CONFLICT)


def refusal_status(code: str, data: Mapping[str, Any]) -> tuple[int, int]:
    """(HTTP status, seconds to wait before asking again or 0) of a refusal with its data."""
    wait_ms = data.get("wait_ms")
    if isinstance(wait_ms, int):
        return TOO_MANY, max(1, -(-wait_ms // 1000))
    status = status_of(code)
    return status, RETRY_AFTER_S if status in WAIT_STATUSES else 0


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

    def all_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Its headers, with ``Retry-After`` where it is the server's own turn."""
        return (*self.headers, (b"retry-after", b"%d" % RETRY_AFTER_S)) if self.status == 503 else self.headers

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
