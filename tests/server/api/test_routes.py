"""Routes: generated from THE TABLE, each with its policy, none without."""

import dataclasses

import pytest

from engine.features import FEATURES
from engine.features import PUBLIC as FOR_GUESTS
from server.api.problems import CODES, status_of
from server.api.routes import ANYONE, PAGES, PUBLIC, NoPolicy, api_routes, table_of
from server.auth.routes import CEREMONIES


def test_every_command_query_and_kind_has_its_route() -> None:
    names = {route.name for route in api_routes()}
    inner = {name for name, row in FEATURES.commands.items() if not row.routed}
    inner |= {name for name, row in FEATURES.queries.items() if not row.routed}

    assert (set(FEATURES.commands) | set(FEATURES.queries)) - inner == names & (
        set(FEATURES.commands) | set(FEATURES.queries)
    )
    assert {"printing.report_started", "staff.report_wrong_pin", "integrations.hooks", "printing.jobs"} <= inner


def test_a_route_without_a_policy_stops_the_start() -> None:
    bare = dataclasses.replace(api_routes()[0], policy="")

    with pytest.raises(NoPolicy, match="who may use it"):
        table_of([bare])


def test_two_routes_do_not_share_a_place() -> None:
    route = api_routes()[0]

    with pytest.raises(ValueError, match="two routes"):
        table_of([route, route])


def test_only_what_is_written_down_is_public() -> None:
    table = table_of((*PAGES, *CEREMONIES, *api_routes()))

    public = {route.path for route in table.routes if route.policy == PUBLIC}

    proof = {"/proof/{leaf}", "/proof/{leaf}.json", "/proof/{leaf}.txt"}
    files = {"/proof.js", "/proof-check.js", "/proof-texts.js", "/proof.css"}
    assert {"/healthz", "/api", "/api/docs.css", "/api/openapi.json"} | proof | files == public
    assert {
        "/api/v1/auth/approve",
        "/api/v1/auth/me",
        "/api/v1/auth/secrets",
        "/api/v1/batch",
        "/api/v1/changes",
    } == {route.path for route in table.routes if route.policy == ANYONE}
    assert {
        "/api/v1/auth/enrol",
        "/api/v1/auth/log-in",
        "/api/v1/auth/passkey/begin",
        "/api/v1/auth/passkey/finish",
    } == {route.path for route in table.routes if route.policy in FOR_GUESTS}


@pytest.mark.parametrize(
    "path",
    [
        *[f"/api/v1/products/{last}" for last in ("0", "01", "-1", "1.0", "x", "", "١", "1" * 17)],
        "/api/v1/1",
        "/API/v1/products",
        "",
    ],
)
def test_a_row_has_one_path(path: str) -> None:
    assert (None, 0) == table_of(api_routes()).find(path)


def test_a_row_is_found_by_its_number() -> None:
    found, id = table_of(api_routes()).find("/api/v1/products/12")

    assert found is not None
    assert ({"GET", "PUT", "DELETE"}, 12) == (set(found), id)


def test_every_code_has_a_status_that_is_the_client_s_fault_or_the_server_s() -> None:
    statuses = {code: status_of(code) for code in (*FEATURES.refusals, *CODES)}

    assert all(400 <= status < 600 for status in statuses.values())
    assert {
        "kernel.not_allowed": 403,
        "kernel.no_such_row": 404,
        "kernel.id_reused": 422,
        "sales.unknown_product": 422,
        "sales.price_changed": 409,
        "kernel.bad_request": 400,
        "api.busy": 503,
    }.items() <= statuses.items()


def test_a_query_that_no_url_can_ask_is_asked_by_post_only() -> None:
    methods: dict[str, set[str]] = {route.name: set() for route in api_routes() if route.does == "query"}
    for route in api_routes():
        if route.does == "query":
            methods[route.name].add(route.method)

    assert {"POST"} == methods["sales.price"]
    assert {"GET", "POST"} == methods["sales.ticket"]
