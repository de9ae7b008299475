"""Routes generated from THE TABLE: what stands at which path, what it needs, and how often it may be asked."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from engine.features import FEATURES, Joined
from server.api.parameters import fits_url

PREFIX = "/api/v1"
PUBLIC = "public"
"""The policy of a route that answers without a credential; said, never assumed."""

ANYONE = "anyone"
"""The policy of a route for everybody who is recognised; what it shows is filtered by rights."""

SEARCH = ".search"
"""How a query's name ends that looks for people: so many a minute for each who asks."""

Rate = Literal["sale", "write", "read", "search", "sign-in", "watch", "public"]
Does = Literal[
    "command",
    "query",
    "create",
    "list",
    "get",
    "put",
    "remove",
    "batch",
    "changes",
    "ceremony",
    "page",
    "webservice",
]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One route: method and path (with ``{id}`` for a row), what it does with which name, its policy and rate class.

    ``policy`` is a right, or `PUBLIC` or `ANYONE`; an empty one stops the start. ``own_id`` says that the command has a
    field ``id`` of its own, so that only the header names the command.
    """

    method: str
    path: str
    does: Does
    name: str
    policy: str
    rate: Rate
    own_id: bool = False


PAGES: tuple[Route, ...] = (
    Route(method="GET", path="/healthz", does="page", name="health", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/api", does="page", name="docs", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/api/docs.css", does="page", name="style", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/api/openapi.json", does="page", name="openapi", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof/{leaf}.json", does="page", name="proof_data", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof/{leaf}.txt", does="page", name="proof_text", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof/{leaf}", does="page", name="proof", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof.js", does="page", name="proof_page_script", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof-check.js", does="page", name="proof_check_script", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof-texts.js", does="page", name="proof_texts_script", policy=PUBLIC, rate="public"),
    Route(method="GET", path="/proof.css", does="page", name="proof_style", policy=PUBLIC, rate="public"),
)
"""What is not of THE TABLE and answers without a credential (shared/README.md)."""


class NoPolicy(Exception):
    """A route does not say who may use it: the server does not start."""


def api_routes(features: Joined = FEATURES) -> tuple[Route, ...]:
    """Every route of the API, in the order of THE TABLE."""
    made: list[Route] = []
    of_kinds: set[str] = set()
    for kind in features.kinds.values():
        names = {verb: f"{kind.name}.{verb}" for verb in ("put", "remove", "get", "list")}
        of_kinds |= set(names.values())
        read = features.queries[names["get"]].permission
        write = features.commands[names["put"]].permission
        rows, row = f"{PREFIX}/{kind.name}", f"{PREFIX}/{kind.name}/{{id}}"
        made += [
            Route(method="GET", path=rows, does="list", name=names["list"], policy=read, rate="read"),
            Route(method="POST", path=rows, does="create", name=names["put"], policy=write, rate="write"),
            Route(method="GET", path=row, does="get", name=names["get"], policy=read, rate="read"),
            Route(method="PUT", path=row, does="put", name=names["put"], policy=write, rate="write"),
            Route(method="DELETE", path=row, does="remove", name=names["remove"], policy=write, rate="write"),
        ]
    for name, command in features.commands.items():
        if name not in of_kinds and getattr(command, "routed", True):
            own_id = any(field.name == "id" for field in msgspec.structs.fields(command.type))
            rate: Rate = "sale" if command.new_work else "write"
            made.append(
                Route(
                    method="POST",
                    path=path_of(name),
                    does="command",
                    name=name,
                    policy=command.permission,
                    rate=rate,
                    own_id=own_id,
                )
            )
    for name, query in features.queries.items():
        if name not in of_kinds and getattr(query, "routed", True):
            made += [
                Route(
                    method=method,
                    path=path_of(name),
                    does="query",
                    name=name,
                    policy=query.permission,
                    rate="search" if name.endswith(SEARCH) else "read",
                )
                for method in (("GET", "POST") if fits_url(query.type) else ("POST",))
            ]
    made += [
        Route(method="POST", path=f"{PREFIX}/batch", does="batch", name="batch", policy=ANYONE, rate="sale"),
        Route(method="GET", path=f"{PREFIX}/changes", does="changes", name="changes", policy=ANYONE, rate="watch"),
    ]
    return tuple(made)


def path_of(name: str) -> str:
    """``sales.post`` -> ``/api/v1/sales/post``."""
    return f"{PREFIX}/{name.replace('.', '/')}"


@dataclasses.dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes for looking up: by whole path, and for rows by the path before their number."""

    plain: Mapping[str, Mapping[str, Route]]
    rows: Mapping[str, Mapping[str, Route]]
    routes: tuple[Route, ...]

    def find(self, path: str) -> tuple[Mapping[str, Route] | None, int]:
        """(routes of a path by method, or None; the number of the row that it names, or 0)."""
        found = self.plain.get(path)
        if found is not None:
            return found, 0
        head, _, last = path.rpartition("/")
        row = self.rows.get(head)
        # int() would take spaces, signs and other digits: one row has one path.
        if row is None or not last.isascii() or not last.isdigit() or last[0] == "0" or len(last) > 16:
            return None, 0
        return row, int(last)


def table_of(routes: Iterable[Route]) -> RouteTable:
    """The table of routes; raises `NoPolicy` where one has none, and `ValueError` where two claim one place."""
    plain: dict[str, dict[str, Route]] = {}
    rows: dict[str, dict[str, Route]] = {}
    kept = tuple(routes)
    for route in kept:
        if not route.policy:
            raise NoPolicy(f"{route.method} {route.path} does not say who may use it")
        head, _, last = route.path.rpartition("/")
        place = rows.setdefault(head, {}) if last == "{id}" else plain.setdefault(route.path, {})
        if route.method in place:
            raise ValueError(f"two routes claim {route.method} {route.path}")
        place[route.method] = route
    return RouteTable(plain, rows, kept)
