"""The application of a worker: the API, its description, its health, and the headers around all of it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as Page

from server.api import docs, openapi
from server.api.exchange import address_of
from server.api.problems import PROBLEM_TYPE, Problem
from server.api.routes import PAGES, PREFIX, RouteTable, api_routes, table_of
from server.api.serve_api import Api
from server.api.shop import Shop
from server.auth.routes import CEREMONIES
from server.front.headers import SecureHeaders
from server.legacy import serve_legacy
from server.proof import serve_proof

Handler = Callable[[Request], Awaitable[Response]]


def make_app(shop: Shop, table: RouteTable | None = None) -> Any:
    """The ASGI application; raises `NoPolicy` where a route does not say who may use it."""
    table = table or table_of((*PAGES, *CEREMONIES, *serve_legacy.ROUTES, *api_routes()))
    described = openapi.document(table)
    pages = _pages(shop, described)
    routes: list[BaseRoute] = [
        Page(route.path, pages[route.name], methods=[route.method]) for route in table.routes if route.does == "page"
    ]
    webservices = serve_legacy.pages(shop)
    routes += [
        Page(route.path, webservices[route.path], methods=[route.method])
        for route in table.routes
        if route.does == "webservice"
    ]
    app = Starlette(routes=[*routes, Mount(PREFIX, app=_Whole(Api(shop, table)))], exception_handlers=_problems(table))
    app.router.redirect_slashes = False
    return SecureHeaders(app)


class _Whole:
    """Gives the API the whole path, as its table has it: one look-up, and no second reading of a path."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        await self._api({**scope, "root_path": ""}, receive, send)


def _pages(shop: Shop, described: Mapping[str, Any]) -> dict[str, Handler]:
    document, people = json.dumps(described, ensure_ascii=False).encode(), docs.page(described)

    async def health(request: Request) -> Response:
        """No version, nothing of the shop: only whether sales can be taken."""
        if not shop.link.up:
            problem = Problem("api.engine_away")
            return _response(problem)
        return Response(b'{"status":"ok"}', media_type="application/json")

    def fixed(content: bytes, media_type: str) -> Handler:
        async def answer(request: Request) -> Response:
            return Response(content, media_type=media_type)

        return answer

    counted = {
        "docs": fixed(people, "text/html"),
        "style": docs.STYLE_FILE.answer,
        "openapi": fixed(document, "application/json"),
        **serve_proof.pages(shop),
    }
    return {"health": health, **{name: _counted(shop, page) for name, page in counted.items()}}


def _counted(shop: Shop, page: Handler) -> Handler:
    """The page, as often as its address may ask for what needs no credential."""

    async def answer(request: Request) -> Response:
        try:
            shop.gate.count_guest(address_of(request.scope))
        except Problem as problem:
            return _response(problem)
        return await page(request)

    return answer


def _problems(table: RouteTable) -> dict[Any, Any]:
    async def not_found(request: Request, error: Exception) -> Response:
        return _response(Problem("api.not_found"))

    async def method(request: Request, error: Exception) -> Response:
        found, _ = table.find(request.scope["path"])
        allowed = ", ".join(sorted(found)) if found else (getattr(error, "headers", None) or {}).get("Allow", "")
        return _response(Problem("api.method", headers=((b"allow", allowed.encode()),)))

    async def fault(request: Request, error: Exception) -> Response:
        return _response(Problem("api.fault"))

    return {404: not_found, 405: method, 500: fault}


def _response(problem: Problem) -> Response:
    headers = {name.decode(): value.decode() for name, value in problem.all_headers()}
    return Response(problem.body(), problem.status, headers, media_type=PROBLEM_TYPE.decode())
