"""Every route of the API against everybody who could ask: what the wire says, for all of them.

Routes come from THE TABLE; who is let in by which right is written here by hand, apart from ``kernel/permissions.py``.
A route whose policy is not written here fails, and so does one that does what is not known here.
"""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inside_server import ORIGIN, Inside, Request, in_url
from served_shop import (
    Response,
    api_key,
    enrol,
    headers_at_till,
    headers_in_office,
    log_in,
    make_key,
    send,
    sign_in,
    till_token,
)

from engine.engine import Engine, Refusal
from engine.features import DEVICE, FEATURES, Joined
from engine.kernel.permissions import SESSION, STEP_UP
from server.api.routes import ANYONE, Route, api_routes

REACHED = "test.reached"
NOWHERE = 4_000_000_001
"""An id that no row of this shop has, as one of another shop would be."""

ADMIN, CASHIER, MANAGER, OWNER = 1, 2, 3, 4

LETS_IN = {
    "access.keys": "admin",
    "access.own": "admin",
    "access.read": "admin",
    "access.sessions": "admin",
    "access.tills": "admin manager",
    "cash.close": "admin manager",
    "cash.open": "admin manager cashier",
    "cash.read": "admin manager cashier",
    "catalogue.read": "admin manager cashier",
    "catalogue.write": "admin",
    "customers.read": "admin manager cashier",
    "customers.write": "admin manager",
    "delivery.read": "admin manager cashier",
    "delivery.write": "admin",
    "discounts.read": "admin manager cashier",
    "discounts.write": "admin",
    "fiscal.verify": "admin manager",
    "integrations.read": "admin",
    "integrations.write": "admin",
    "kernel.clock": "admin manager",
    "payments.read": "admin manager cashier",
    "payments.write": "admin",
    "printing.read": "admin manager cashier",
    "sales.copy": "admin manager cashier",
    "sales.pay": "admin manager cashier",
    "sales.post": "admin manager cashier",
    "sales.read": "admin manager cashier",
    "sales.refund": "admin manager",
    "shop.read": "admin manager cashier",
    "shop.write": "admin",
    "staff.read": "admin manager cashier",
    "staff.sign_in": "device manager cashier",
    "staff.unlock": "admin manager",
    "staff.write": "admin",
}
"""Right -> who holds it: an admin in a session proven just now, a manager and a cashier at a till, a till alone."""

KNOWN_DOES = {"command", "create", "put", "remove", "query", "list", "get", "batch", "changes"}
PROVEN_LATELY = {
    "access.keys",
    "access.passkeys",
    "access.secrets",
    "access.sessions",
    "staff.secrets",
    "staff.write",
}
WHO = (
    *("nobody", "revoked", "replaced", "foreign shop", "malformed", "device", "foreign shift", "cashier", "manager"),
    *("admin", "admin at till", "admin elsewhere", "admin on no page", "admin stale", "key"),
)


def headers_of(who: str) -> dict[str, str]:
    """What somebody sends."""
    own_page = {"Origin": ORIGIN, "X-Till": "1"}
    headers: dict[str, dict[str, str]] = {
        "nobody": {},
        "revoked": headers_at_till(3, ADMIN),
        "replaced": headers_at_till(4, ADMIN),
        "foreign shop": {"Authorization": f"Bearer {till_token(1, 9)}"},
        "malformed": {"Authorization": "Bearer tk_till_1_"},
        "device": headers_at_till(1, 0),
        "foreign shift": headers_at_till(1, 0) | {"Cookie": headers_at_till(2, ADMIN)["Cookie"]},
        "cashier": headers_at_till(1, CASHIER),
        "manager": headers_at_till(4, MANAGER, serial=2, sign_in=3),
        "admin": headers_in_office(OWNER) | own_page,
        "admin at till": headers_at_till(1, ADMIN),
        "admin elsewhere": headers_in_office(OWNER) | own_page | {"Origin": "http://evil.example"},
        "admin on no page": headers_in_office(OWNER) | {"Origin": ORIGIN},
        "admin stale": headers_in_office(OWNER, rested_ms=30 * 60_000) | own_page,
        "key": {"Authorization": f"Bearer {api_key(1)}"},
    }
    return headers[who]


def make_crowd(data: Path) -> None:
    """Everybody who could ask, beside the two who are there: a manager, a key, and two tills that are none any more."""
    with Engine(data, unsafe_filesystem=True) as engine:
        send(engine, "operators.put", {"id": MANAGER, "row": {"alias": "Gérante", "role": "manager"}})
        send(engine, "operators.put", {"id": OWNER, "row": {"alias": "Patronne", "role": "admin"}})
        log_in(engine, OWNER)  # proven just now, however long the tests before took
        sign_in(engine, enrol(engine, 4, 2), MANAGER)
        make_key(engine, 1, ["kernel.maintain"])
        send(engine, "access.revoke_till", {"till": 3})


def reached(*_: Any) -> Any:
    """Stands for every decision and answer: whoever gets here was let in."""
    raise Refusal(REACHED, "let in")


def reached_features() -> Joined:
    """THE TABLE, with nothing behind it."""
    joined = Joined(FEATURES.capabilities, FEATURES.hooks)
    for name, row in joined.commands.items():
        joined.by_type[row.type] = joined.commands[name] = dataclasses.replace(row, decide=reached)
    for name, query in joined.queries.items():
        joined.queries_by_type[query.type] = joined.queries[name] = dataclasses.replace(query, answer=reached)
    return joined


def expected(who: str, route: Route) -> str:
    """The code that somebody hears; empty where he gets an answer."""
    strangers = {"nobody": "auth.missing", "admin stale": "auth.idle"}
    strangers |= dict.fromkeys(("revoked", "replaced", "foreign shop", "malformed"), "auth.unknown")
    if who in strangers:
        return strangers[who]
    if route.method != "GET" and who in ("admin elsewhere", "admin on no page"):
        return "auth.origin" if who == "admin elsewhere" else "auth.own_page"
    if route.policy == ANYONE:
        return ""
    return expected_by_right(who.replace("foreign shift", "device"), route)


def expected_by_right(who: str, route: Route) -> str:
    """The same for somebody who is recognised, by the right that the route needs."""
    command = route.does in ("command", "create", "put", "remove")
    holders = LETS_IN[route.policy].split()
    if who == "admin at till" and route.policy in DEVICE:
        return REACHED
    if who.partition(" ")[0] not in holders or (who == "admin at till" and route.policy in SESSION):
        alone = who == "device" and command and route.policy not in DEVICE
        return "kernel.no_operator" if alone else "kernel.not_allowed"
    if who == "admin at till" and command and route.policy in PROVEN_LATELY:
        return "kernel.step_up"
    return REACHED


STATUSES = {
    "": 200,
    REACHED: 409,
    "auth.missing": 401,
    "auth.unknown": 401,
    "auth.idle": 401,
    "auth.origin": 403,
    "auth.own_page": 403,
    "kernel.no_operator": 403,
    "kernel.not_allowed": 403,
    "kernel.step_up": 403,
}


def request_for(route: Route, headers: dict[str, str], id: int = 1) -> Request:
    """A request that says what the route wants to hear."""
    path = route.path.replace("{id}", str(id))
    if route.does in ("create", "put"):
        return Request(route.method, path, "", dict(FEATURES.kinds[route.name.rpartition(".")[0]].example), headers)
    if route.does == "batch":
        item = {"id": "0" * 32, "do": "sales.post", "body": FEATURES.commands["sales.post"].example}
        return Request(route.method, path, "", {"commands": [item]}, headers)
    if route.does == "command":
        return Request(route.method, path, "", dict(FEATURES.commands[route.name].example), headers)
    if route.does == "query":
        query = FEATURES.queries[route.name]
        if route.method == "POST":
            return Request("POST", path, "", dict(query.example), headers)
        return Request("GET", path, in_url(query.example), None, headers)
    return Request(route.method, path, "", None, headers)


ROUTES = api_routes()


@pytest.fixture(scope="module")
def crowd(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """One shop for the whole matrix: nothing that anybody sends changes anything."""
    data = Path(shutil.copytree(ready_shop, tmp_path_factory.mktemp("matrix") / "shop"))
    make_crowd(data)
    made = Inside(data, reached_features())
    yield made
    made.close()


def test_every_route_has_its_row_in_the_matrix() -> None:
    assert {route.policy for route in api_routes()} == {*LETS_IN, ANYONE}
    assert {route.does for route in api_routes()} == KNOWN_DOES


def test_the_rights_that_need_a_proof_are_those_of_the_engine() -> None:
    assert STEP_UP == PROVEN_LATELY


@pytest.mark.parametrize("who", WHO)
def test_every_route_answers_what_its_right_says(crowd: Inside, who: str) -> None:
    headers = headers_of(who)

    answers = crowd.ask([request_for(route, headers) for route in ROUTES])

    heard = {name_of(route): said(answer) for route, answer in zip(ROUTES, answers, strict=True)}
    wanted = {name_of(route): (STATUSES[code], code) for route in ROUTES for code in (expected(who, route),)}
    assert wanted == heard
    for answer in answers:
        assert ("www-authenticate" in answer.headers) == (answer.status == 401)


def name_of(route: Route) -> str:
    """A route in a comparison."""
    return f"{route.method} {route.path}"


def said(answer: Response) -> tuple[int, str]:
    """(status, code) of an answer."""
    if answer.status == 200:
        return 200, ""
    assert "application/problem+json" == answer.headers["content-type"]
    return answer.status, answer.json["code"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("cashier", 409), ("manager", 409), ("admin", 409), ("admin at till", 409), ("device", 403), ("key", 403)],
)
def test_a_command_of_a_batch_is_no_more_than_alone(crowd: Inside, who: str, status: int) -> None:
    (batch,) = [route for route in ROUTES if route.does == "batch"]

    (answer,) = crowd.ask([request_for(batch, headers_of(who))])

    assert [status] == [each["status"] for each in answer.json["answers"]]


@pytest.mark.parametrize("name", sorted(name for name, row in FEATURES.commands.items() if not row.routed))
def test_what_has_no_route_has_none_by_way_of_a_batch(crowd: Inside, name: str) -> None:
    item = {"id": "0" * 32, "do": name, "body": FEATURES.commands[name].example}

    (answer,) = crowd.ask([Request("POST", "/api/v1/batch", "", {"commands": [item]}, headers_of("admin"))])

    assert (400, "api.bad_request", "commands[0].do") == (answer.status, answer.json["code"], answer.json["at"])


def test_the_rows_of_another_shop_are_not_there(ready_shop: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(ready_shop, tmp_path / "shop"))
    make_crowd(data)
    inside = Inside(data)
    rows = [route for route in ROUTES if route.does in ("get", "remove")]

    answers = inside.ask([request_for(route, headers_of("admin"), NOWHERE) for route in rows])

    inside.close()
    assert {(404, "kernel.no_such_row")} == {said(answer) for answer in answers}
    assert 2 * len(FEATURES.kinds) == len(rows)
