"""The API's own description: whole, consistent, and true of what is served."""

import re
from typing import Any

import pytest

from engine.features import FEATURES
from server.api import docs, openapi
from server.api.routes import PAGES, api_routes, table_of
from server.auth.routes import CEREMONIES

TABLE = table_of((*PAGES, *CEREMONIES, *api_routes()))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The description."""
    return openapi.document(TABLE)


def references(value: Any) -> set[str]:
    """Every reference in a document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*(references(each) for each in value))
    return set()


def test_every_route_is_described_with_its_right_and_rate_class(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path): (operation["x-right"], operation["x-rate-class"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }

    assert {(route.method, route.path): (route.policy, route.rate) for route in TABLE.routes} == described


def test_every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]
    schemas = document["components"]["schemas"]

    assert len(set(names)) == len(names)
    assert {f"#/components/schemas/{name}" for name in schemas} >= references(document)


def test_the_examples_are_commands_that_the_table_takes(document: dict[str, Any]) -> None:
    tried = 0
    for name, row in FEATURES.commands.items():
        operation = document["paths"].get(f"/api/v1/{name.replace('.', '/')}", {}).get("post")
        if operation is not None:
            example = operation["requestBody"]["content"]["application/json"]["example"]
            assert isinstance(FEATURES.decode_command(name, example), row.type)
            tried += 1

    assert tried > 5


def test_stored_forms_of_secrets_are_no_part_of_rows_and_those_that_clients_choose_are(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    rows = {name: set(schemas[name]["properties"]) for name in ("OperatorRow", "KeyRow", "PasskeyRow", "WebhookRow")}
    example = document["paths"]["/api/v1/api-keys"]["post"]["requestBody"]["content"]["application/json"]["example"]

    assert not rows["OperatorRow"] & {"pin", "badge", "password", "totp"}
    assert {"alias", "role", "email"} <= rows["OperatorRow"]
    assert (False, False, True) == tuple("secret" in each for each in (rows["KeyRow"], example, rows["WebhookRow"]))
    assert "key" not in rows["PasskeyRow"]


def test_what_only_travels_inside_is_not_described(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["PostSale"]

    assert "do" not in schema["properties"]
    assert "do" not in schema["required"]


def test_the_page_for_people_takes_nothing_from_elsewhere(document: dict[str, Any]) -> None:
    page = docs.page(document).decode()

    assert "sales/post" in page
    assert "sales.price_changed" in page
    assert [] == re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "<script" not in page


def test_what_a_name_holds_is_text_and_no_markup(document: dict[str, Any]) -> None:
    hostile = {**document, "info": {**document["info"], "title": "<script>alert(1)</script>"}}

    assert "<script>" not in docs.page(hostile).decode()
