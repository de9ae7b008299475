"""The webservices as routes of the server: form in, reply out, each call in one of a few threads."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from server.api.routes import ANYONE, PUBLIC, Rate, Route
from server.legacy.context import UNAVAILABLE, Context, Problem, Reply
from server.legacy.form import FIELDS_MAX
from server.legacy.handle import BY_ADDRESS, FOLDER, NOT_YET, READS, SERVICES, SUFFIX, WITHOUT_KEY, handle
from server.legacy.reply import as_error

BODY_BYTES_MAX = 1 << 20
FORM_TYPE = "application/x-www-form-urlencoded"
IDEMPOTENCY = "idempotency-key"
CALLS_MAX = 4  # of one worker at once: their threads take turns with the tills' requests
WAITING_MAX = 32  # more than this wait for a thread: the next is told to come again

MakeContext = Callable[[Request], Awaitable[Context]]
"""The way to the shop that a request is for; raises `Problem` where there is none now."""

Handler = Callable[[Request], Awaitable[Response]]


def routes() -> tuple[Route, ...]:
    """One route for each webservice and method, standing or not: reads by GET and POST, the others by POST.

    The key travels in the form, so the gate lets them pass and `handle` asks for it; those that are asked before there
    is a key tell nothing.
    """
    made = []
    for name in sorted({*SERVICES, *NOT_YET}):
        rate: Rate = "public" if name in WITHOUT_KEY else "sale" if name == "webapp" else "write"
        made += [
            Route(
                method=method,
                path=f"{FOLDER}{name}{SUFFIX}",
                does="webservice",
                name=name,
                policy=PUBLIC if name in WITHOUT_KEY else ANYONE,
                rate="read" if name in READS and name not in WITHOUT_KEY else rate,
            )
            for method in (("GET", "POST") if name in READS or name in BY_ADDRESS else ("POST",))
        ]
    return tuple(made)


@dataclasses.dataclass(slots=True)
class Threads:
    """The threads that webservices run in, and how many calls they have in hand."""

    pool: ThreadPoolExecutor = dataclasses.field(
        default_factory=lambda: ThreadPoolExecutor(CALLS_MAX, thread_name_prefix="webservice")
    )
    calls: int = 0

    async def run(self, path: str, pairs: list[tuple[str, str]], context: Context) -> Reply:
        """The reply to one call, in its turn; too many of them are a 503."""
        if self.calls >= CALLS_MAX + WAITING_MAX:
            text = "Trop d'appels à la fois : recommencez dans quelques secondes"
            return as_error(Problem(text, "legacy.busy", UNAVAILABLE))
        self.calls += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, handle, path, pairs, {}, context)
        finally:
            self.calls -= 1


def handler(path: str, make: MakeContext, threads: Threads) -> Handler:
    """What answers one webservice."""

    async def answer(request: Request) -> Response:
        try:
            pairs = await _pairs(request)
            context = await make(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Problem as problem:
            return _response(as_error(problem))
        return _response(await threads.run(path, pairs, context))

    return answer


def _response(reply: Reply) -> Response:
    status, headers, body = reply
    return Response(body, status_code=status, headers=headers)


async def _pairs(request: Request) -> list[tuple[str, str]]:
    """The fields of the address, then those of the body; a header with an idempotency key is a field like them."""
    pairs = _parsed(request.scope["query_string"])
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
