"""The webservices as routes of the server: form in, reply out, each call in a thread of its own."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.legacy.context import Context, Problem
from server.legacy.form import FIELDS_MAX
from server.legacy.handle import BY_ADDRESS, FOLDER, NOT_YET, READS, SERVICES, SUFFIX, handle
from server.legacy.reply import as_error

BODY_BYTES_MAX = 1 << 20
FORM_TYPE = "application/x-www-form-urlencoded"
IDEMPOTENCY = "idempotency-key"

MakeContext = Callable[[Request], Awaitable[Context]]
"""The way to the shop that a request is for."""


def routes(context: MakeContext) -> list[Route]:
    """One route for each webservice, standing or not: reads by GET and POST, the others by POST."""
    return [_route(name, context) for name in sorted({*SERVICES, *NOT_YET})]


def _route(name: str, make: MakeContext) -> Route:
    path = f"{FOLDER}{name}{SUFFIX}"

    async def endpoint(request: Request) -> Response:
        try:
            pairs = await _pairs(request)
        except Problem as problem:
            return _response(as_error(problem))
        context = await make(request)
        return _response(await run_in_threadpool(handle, path, pairs, {}, context))

    methods = ["GET", "POST"] if name in READS or name in BY_ADDRESS else ["POST"]
    return Route(path, endpoint, methods=methods, name=f"legacy.{name}")


def _response(reply: tuple[int, dict[str, str], bytes]) -> Response:
    status, headers, body = reply
    return Response(body, status_code=status, headers=headers)


async def _pairs(request: Request) -> list[tuple[str, str]]:
    """The fields of the address, then those of the body; a header with an idempotency key is a field like them."""
    pairs = _parsed(request.url.query.encode())
    type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise Problem("Requête trop grande", "legacy.too_large", 413)
    if body and type not in ("", FORM_TYPE):
        raise Problem(f"Le corps est attendu en {FORM_TYPE}", "legacy.bad_type", 415)
    key = request.headers.get(IDEMPOTENCY)
    pairs = [*pairs, *_parsed(bytes(body))]
    return pairs if key is None else [*pairs, ("idempotencyKey", key)]


def _parsed(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            data.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:
        raise Problem("Les champs ne sont pas en UTF-8, ou trop nombreux", "legacy.bad_form", 400) from None
