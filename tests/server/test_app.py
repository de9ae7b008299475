"""The pages that answer everybody: how often, and with which headers."""

import shutil
from pathlib import Path

import pytest
from inside_server import Inside, Request

from server.auth import tokens
from server.auth.limits import Limits


@pytest.fixture
def inside(ready_shop: Path, tmp_path: Path) -> Inside:
    """An application that lets an unknown address ask four times a minute, twice at once."""
    return Inside(Path(shutil.copytree(ready_shop, tmp_path / "shop")), limits=Limits(4, 4))


def test_a_page_for_everybody_is_counted_for_its_address_and_health_is_not(inside: Inside) -> None:
    asked = ["/api", "/healthz", "/proof/" + "0" * 64, "/healthz", "/api/docs.css", "/healthz", "/api/v1/products"]

    answers = inside.ask([Request("GET", path) for path in asked])

    inside.close()
    assert [200, 200, 404, 200, 429, 200, 429] == [answer.status for answer in answers]
    refused = answers[4]
    assert ("15", "auth.too_many") == (refused.headers["retry-after"], refused.json["code"])
    assert "application/problem+json" == refused.headers["content-type"]
    assert all("content-security-policy" in answer.headers for answer in answers)


def test_a_wrong_key_at_a_webservice_is_counted_for_its_address_and_so_is_what_asks_for_none(inside: Inside) -> None:
    wrong = Request("GET", "/workers/getPlus.php", f"shopID=x&key={tokens.api_token()}")
    without = Request("POST", "/workers/getAuthToken.php")

    answers = inside.ask([wrong, without, wrong, without, Request("GET", "/healthz")])

    inside.close()
    assert [403, 501, 429, 429, 200] == [answer.status for answer in answers]
    refused = [(answer.headers["retry-after"], answer.json["code"], answer.json["success"]) for answer in answers[2:4]]
    assert [("15", "auth.too_many", False)] * 2 == refused
