"""The API's own description: OpenAPI 3.1, generated from THE TABLE and the types that it names."""

import functools
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.features import FEATURES
from engine.features import PUBLIC as FOR_GUESTS
from engine.kernel.version import VERSION
from server.api.batch import NAME_CHARS_MAX, Batch, Item
from server.api.parameters import plain_fields
from server.api.problems import CODES
from server.api.routes import ANYONE, PUBLIC, Route, RouteTable
from server.auth.cookies import SESSION
from server.auth.routes import BY_NAME as CEREMONY_OF
from server.wire import answers
from server.wire.frames import BATCH_COMMANDS_MAX

REFS = "#/components/schemas/{name}"
PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
ID = {"type": "string", "pattern": "^[0-9a-fA-F]{32}$|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
ID_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The command's id, made by the client: a UUID (version 7 is the fastest) or 32 hex digits."
    " The same id with the same content is answered the same, for ever.",
    "schema": ID,
}
COMMAND_NAME = {"type": "string", "pattern": f"^[\\x00-\\x7f]{{1,{NAME_CHARS_MAX}}}$"}
COMMAND_ID = {
    **ID_HEADER,
    "required": True,
    "description": f"{ID_HEADER['description']} Or the field `id` of the body, where the command has none of its own.",
}
ROW_PARAMETER = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
}
OVERRIDE_HEADER = {
    "name": "X-Override",
    "in": "header",
    "description": "The approval that a second operator's PIN gave to this one command (docs/access.md).",
    "schema": {"type": "string", "maxLength": 200},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The version of the row that the change was made for, as in its ETag: else it is refused as"
    " `kernel.row_changed` (412), and nothing is lost unseen.",
    "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,15})"$'},
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; programs go by it and by nothing else.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "at": {"type": "string", "description": "the field at fault"},
        "data": {"type": "object", "description": "plain values that help a program to react"},
        "id": {"type": "string", "description": "the command's id"},
        "retry": {"type": "boolean", "description": "whether the same command may be sent again"},
    },
}
COMMAND_PROBLEMS = (400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 429, 431, 500, 501, 503, 507)
ROW_PROBLEMS = tuple(sorted((*COMMAND_PROBLEMS, 412)))
SIGN_IN_PROBLEMS = (400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 429, 431, 500, 501, 503, 507)
READ_PROBLEMS = (400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 429, 431, 500, 503)
UNCHANGED = {"304": {"description": "as the tag in If-None-Match has it"}}
INTRODUCTION = """Commands are answered when they are on disk, and once: send the same id again after any doubt.
Amounts are integers in minor units (cents); unit prices and quantities are decimal strings; times are RFC 3339.
A till shows `Authorization: Bearer TOKEN` and, once somebody signed in there, its shift cookie; software shows an API
key the same way; the back office a session's cookies, with `Origin` and `X-Till: 1` on whatever changes something."""


def document(table: RouteTable) -> dict[str, Any]:
    """The whole description."""
    builder = _Builder()
    paths: dict[str, dict[str, Any]] = {}
    for route in table.routes:
        if route.does == "webservice":
            continue  # another's language, described in docs/webhooks.md
        paths.setdefault(route.path, {})[route.method.lower()] = builder.operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Guichet", "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": builder.schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION},
            },
        },
        "x-codes": dict(sorted({**FEATURES.refusals, **CODES}.items())),
    }


class _Builder:
    """Collects the types that operations name, so that every schema is written once."""

    def __init__(self) -> None:
        rows = [kind.row for kind in FEATURES.kinds.values()]
        commands = [row.type for row in FEATURES.commands.values()]
        queries = [row.type for row in FEATURES.queries.values()]
        shown = [type for row in FEATURES.queries.values() if (type := answer_type(row.answer)) is not None]
        taken = [type for row in CEREMONY_OF.values() for type in (row.takes, row.shows) if type is not None]
        types = [*rows, *commands, *queries, *shown, *taken, Batch, Item, answers.Done, answers.Batch]
        self._types = list(dict.fromkeys(types))
        refs, self._components = msgspec.json.schema_components(self._types, ref_template=REFS)
        self._refs = dict(zip(self._types, refs, strict=True))

    def schemas(self) -> dict[str, Any]:
        """All schemas by name; the tags that only travel inside the engine are taken out."""
        found = {name: _without_tag(schema) for name, schema in self._components.items()}
        for kind in FEATURES.kinds.values():
            if kind.ceremony:  # no client hands in stored forms of secrets
                row = found[self._name(kind.row)]
                secret = kind.secrets
                left = {name: its for name, its in row["properties"].items() if name not in secret}
                found[self._name(kind.row)] = {**row, "properties": left}
        # Batches: what their type leaves to the code, because a problem of its own says it better.
        of_batches = found[self._name(Batch)]["properties"]
        of_batches["commands"] = {**of_batches["commands"], "minItems": 1, "maxItems": BATCH_COMMANDS_MAX}
        of_items = found[self._name(Item)]["properties"]
        of_items |= {"id": ID, "do": COMMAND_NAME}
        return {**found, "Problem": PROBLEM}

    def operation(self, route: Route) -> dict[str, Any]:
        """One operation with its parameters, body, answers, example, right and rate class."""
        made: dict[str, Any] = {
            "operationId": f"{route.name}.{route.method.lower()}" + (".new" if route.does == "create" else ""),
            "tags": [route.path.split("/")[3] if route.path.count("/") > 2 else "server"],
            "summary": self._summary(route),
            "x-right": route.policy,
            "x-rate-class": route.rate,
        }
        if route.policy == PUBLIC or route.policy in FOR_GUESTS:
            made["security"] = []
        elif route.policy == ANYONE:
            made["description"] = "For everyone with a credential; what is shown or done depends on rights."
        made |= getattr(self, f"_{route.does}")(route)
        return made

    def _summary(self, route: Route) -> str:
        if route.does in ("batch", "changes", "page"):
            return SUMMARIES[route.name]
        if route.does == "ceremony":
            return " ".join((CEREMONY_OF[route.name].run.__doc__ or "").split())
        row = FEATURES.queries.get(route.name) or FEATURES.commands[route.name]
        text = " ".join((row.type.__doc__ or route.name).split("\n\n")[0].split())
        return text if len(text) <= 200 else text[:197] + "..."

    def _ref(self, wanted: type) -> dict[str, Any]:
        return self._refs[wanted]

    def _name(self, wanted: type) -> str:
        return str(self._refs[wanted]["$ref"]).rpartition("/")[2]

    def _command(self, route: Route) -> dict[str, Any]:
        row = FEATURES.commands[route.name]
        body = _body(self._ref(row.type), row.example)
        parameters = [COMMAND_ID, OVERRIDE_HEADER]
        return {"parameters": parameters, "requestBody": body, "responses": self._done(COMMAND_PROBLEMS)}

    def _done(self, problems: tuple[int, ...]) -> dict[str, Any]:
        return _responses(self._ref(answers.Done), problems)

    def _kind_row(self, route: Route) -> tuple[dict[str, Any], Mapping[str, Any]]:
        kind = FEATURES.kinds[route.name.rpartition(".")[0]]
        secret = kind.secrets if kind.ceremony else ()
        return self._ref(kind.row), {name: value for name, value in kind.example.items() if name not in secret}

    def _create(self, route: Route) -> dict[str, Any]:
        body = _body(*self._kind_row(route))
        return {"parameters": [COMMAND_ID], "requestBody": body, "responses": self._done(COMMAND_PROBLEMS)}

    def _put(self, route: Route) -> dict[str, Any]:
        body = _body(*self._kind_row(route))
        parameters = [ROW_PARAMETER, ID_HEADER, IF_MATCH]
        return {"parameters": parameters, "requestBody": body, "responses": self._done(ROW_PROBLEMS)}

    def _remove(self, route: Route) -> dict[str, Any]:
        return {"parameters": [ROW_PARAMETER, ID_HEADER, IF_MATCH], "responses": self._done(ROW_PROBLEMS)}

    def _query(self, route: Route) -> dict[str, Any]:
        row = FEATURES.queries[route.name]
        shown = answer_type(row.answer)
        responses = _responses({} if shown is None else self._ref(shown), READ_PROBLEMS)
        if route.method == "GET":
            responses |= UNCHANGED
        if route.method == "POST":
            return {"requestBody": _body(self._ref(row.type), row.example), "responses": responses}
        return {"parameters": self._parameters(row.type), "responses": responses}

    _list = _query

    def _get(self, route: Route) -> dict[str, Any]:
        reference, _ = self._kind_row(route)
        schema = {
            "allOf": [
                {"type": "object", "properties": {"id": {"type": "integer"}, "version": {"type": "integer"}}},
                {"type": "object", "description": f"The row's own fields: {reference['$ref'].rpartition('/')[2]}."},
            ]
        }
        rest = [each for each in self._parameters(FEATURES.queries[route.name].type) if each["name"] != "id"]
        return {"parameters": [ROW_PARAMETER, *rest], "responses": _responses(schema, READ_PROBLEMS) | UNCHANGED}

    def _parameters(self, wanted: type) -> list[dict[str, Any]]:
        """The fields of a query that fit a URL; what is made of parts is asked by POST."""
        schema = self._components[self._name(wanted)]
        return [
            {"name": field, "in": "query", "required": field in schema.get("required", ()), "schema": its}
            for field, its in schema["properties"].items()
            if field in plain_fields(wanted)
        ]

    def _batch(self, route: Route) -> dict[str, Any]:
        example = {
            "commands": [
                {"id": "0193b5c8-7d1e-7a43-9c02-5f1d3a6b8e01", "do": "sales.post", "body": {"lines": [{"product": 1}]}}
            ]
        }
        responses = _responses(self._ref(answers.Batch), COMMAND_PROBLEMS)
        return {"requestBody": _body(self._ref(Batch), example), "responses": responses}

    def _ceremony(self, route: Route) -> dict[str, Any]:
        row = CEREMONY_OF[route.name]
        made = {"responses": _responses(self._ref(row.shows), SIGN_IN_PROBLEMS), "x-codes": list(row.codes)}
        return made if row.takes is None else {**made, "requestBody": _body(self._ref(row.takes), row.example)}

    def _changes(self, route: Route) -> dict[str, Any]:
        parameters = [
            {"name": "since", "in": "query", "schema": {"type": "string", "pattern": "^[0-9]{1,5}\\.[0-9]{1,15}$"}},
            {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}},
        ]
        ok = {"description": "events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
        return {"parameters": parameters, "responses": {"200": ok, **_problems(READ_PROBLEMS)}}

    def _page(self, route: Route) -> dict[str, Any]:
        ok = {"description": "a page", "content": {CONTENT[route.name]: {"schema": {}}}}
        if "{leaf}" not in route.path:
            return {"responses": {"200": ok, **_problems((400, 429, 503))}}
        responses = {"200": ok, **_problems((400, 404, 429, 503))}
        if CONTENT[route.name] == "text/html":
            responses["404"] = {**ok, "description": "a page that says so"}  # a customer reads it, no program
        return {"parameters": LEAF_PARAMETERS, "responses": responses}


SUMMARIES = {
    "batch": "Up to fifty commands, each with its own id and answer; no atomicity between them.",
    "changes": "Server-sent events: one for each entry from a position on.",
    "health": "Whether this worker and its engine are there.",
    "docs": "This description for people.",
    "style": "The style of the description.",
    "openapi": "This description for programs.",
    "proof": "A ticket by the address on its receipt, checked in the customer's browser.",
    "proof_data": "The same as data: sealed bytes, path, signed checkpoint, public keys.",
    "proof_text": "The same as C2SP tlog-proof text, for the verifier.",
    "proof_page_script": "The page's script.",
    "proof_check_script": "The check that the page does.",
    "proof_texts_script": "What the page says, in four languages.",
    "proof_style": "The style of the page.",
}
CONTENT = {
    "health": "application/json",
    "docs": "text/html",
    "style": "text/css",
    "openapi": "application/json",
    "proof": "text/html",
    "proof_data": "application/json",
    "proof_text": "text/plain",
    "proof_page_script": "text/javascript",
    "proof_check_script": "text/javascript",
    "proof_texts_script": "text/javascript",
    "proof_style": "text/css",
}
LEAF_PARAMETERS = [
    {"name": "leaf", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
    {
        "name": "e",
        "in": "query",
        "description": "Where the entry stands and what opens its content, as the receipt's code says; without it the"
        " leaf alone is proven, and looked for among the newest entries.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,5}\\.[0-9]{1,15}\\.[0-9a-f]{16}$"},
    },
]


def answer_type(answer: Any) -> type[msgspec.Struct] | None:
    """The struct that a query's function says it returns, if it says one."""
    while isinstance(answer, functools.partial):
        answer = answer.func
    found = typing.get_type_hints(answer).get("return")
    return found if isinstance(found, type) and issubclass(found, msgspec.Struct) else None


def _without_tag(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    tags = {name for name in ("do", "ask") if "const" in properties.get(name, {}) or len(_one(properties, name)) == 1}
    if not tags:
        return schema
    kept = {name: value for name, value in properties.items() if name not in tags}
    required = [name for name in schema.get("required", ()) if name not in tags]
    return {**schema, "properties": kept, "required": required}


def _one(properties: Mapping[str, Any], name: str) -> list[Any]:
    return list(properties.get(name, {}).get("enum", ()))


def _body(schema: dict[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": dict(example)}}}


def _responses(schema: dict[str, Any], statuses: tuple[int, ...]) -> dict[str, Any]:
    ok = {"description": "done", "content": {"application/json": {"schema": schema}}}
    return {"200": ok, **_problems(statuses)}


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": PROBLEM_REF}}
    return {str(status): {"description": "a problem", "content": content} for status in statuses}
