"""Sign-in over real sockets: from an empty disk to a sold ticket, revoked at once, and no secret left behind."""

import contextlib
import io
import json
import time
import urllib.parse
import uuid
from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served_shop import Response, Served

from server.auth import cookies, totp
from server.cli.main import main

PIN, PASSWORD = "482913", "un mot de passe bien long"


def guichet(data: Path, *arguments: str) -> Any:
    """The one JSON object that a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["--unsafe-filesystem", "--json", "--data", str(data), *arguments])
    assert 0 == code, out.getvalue()
    return json.loads(out.getvalue())


class House(Served):
    """A shop made by ``guichet init`` and served; devices and browsers before it."""

    def __init__(self, data: Path, *flags: str) -> None:
        file = data.with_suffix(".secrets")
        file.write_text(f"{PIN}\n{PASSWORD}\n", encoding="utf-8")
        made = guichet(data, "init", "--name", "Chez Léa", "--owner", "Léa", "--secrets", str(file))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(made["owner"]["totp_uri"]).query)
        self.seed = b32decode(query["secret"][0])
        self.step = 0
        (data / "ballast").unlink()
        super().__init__(data, *flags)

    def code(self) -> str:
        """A code of the authenticator that is good now and was not used yet; three of them are in half a minute."""
        now = time.time_ns() // 1_000_000 // (totp.STEP_S * 1000)
        self.step = max(now - totp.DRIFT_STEPS, self.step + 1)
        assert self.step <= now + totp.DRIFT_STEPS, "no code is left"
        return totp.code(self.seed, self.step)

    def device(self) -> dict[str, str]:
        """A device that has just become till 1: the headers that it sends."""
        code = guichet(self.data, "invite", "--till", "1")["code"]
        enrolled = self.ask("POST", "/api/v1/auth/enrol", {"code": code})
        assert 200 == enrolled.status, enrolled.body
        return {"Authorization": f"Bearer {enrolled.json['token']}"}

    def browser(self) -> "Browser":
        """A browser on a page of the server's own."""
        return Browser(self)


class Browser:
    """A browser's cookies."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.jar: dict[str, str] = {}

    def post(self, path: str, body: Any) -> Response:
        """One request of the page; `http.client` shows the last cookie that was set, which is enough to see which."""
        headers = {"Origin": self.house.address, "X-Till": "1", "Idempotency-Key": str(uuid.uuid4())}
        if self.jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        with self.house.connect() as made:
            data = json.dumps(body).encode()
            head = {"Host": f"127.0.0.1:{self.house.port}", "Content-Type": "application/json", **headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
            end = f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
            made.sendall(f"POST /api/v1/{path} HTTP/1.1\r\n{lines}{end}".encode() + data)
            raw = b"".join(iter(lambda: made.recv(65536), b""))
        head_bytes, _, answer = raw.partition(b"\r\n\r\n")
        first, *rest = head_bytes.decode().split("\r\n")
        for line in rest:
            name, _, value = line.partition(": ")
            if name == "set-cookie":
                key, _, cookie = value.partition("=")
                self.jar[key] = cookie.partition(";")[0]
        return Response(int(first.split()[1]), {}, answer)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for tests that do not mind each other."""
    made = House(tmp_path_factory.mktemp("house") / "shop")
    yield made
    made.close()


def test_from_an_empty_disk_to_a_ticket_and_to_a_device_that_is_refused(house: House) -> None:
    device = house.device()
    signed = house.ask("POST", "/api/v1/auth/pin", {"operator": 1, "pin": PIN}, device)
    shift = device | {"Cookie": signed.json["cookie"]}

    def command(path: str, body: Any) -> Response:
        return house.ask("POST", f"/api/v1/{path}", body, shift | {"Idempotency-Key": str(uuid.uuid4())})

    opened = command("cash/open", {"float_in": 15_000})
    sold = command("sales/post", {"lines": [{"price": "1.50"}], "payments": [{"mode": 1}]})
    browser = house.browser()
    assert 200 == browser.post("auth/log-in", {"login": "Léa", "password": PASSWORD, "code": house.code()}).status
    revoked = browser.post("access/revoke_till", {"till": 1})
    refused = command("sales/post", {"lines": [{"price": "1.50"}], "payments": [{"mode": 1}]})

    assert signed.headers["set-cookie"] == f"{signed.json['cookie']}; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert (200, 200, 200) == (opened.status, sold.status, revoked.status)
    assert 401 == refused.status
    assert refused.json["code"] in {"access.revoked", "auth.unknown"}


def test_a_step_up_changes_the_session_s_id(house: House) -> None:
    browser = house.browser()
    assert 200 == browser.post("auth/log-in", {"login": "Léa", "password": PASSWORD, "code": house.code()}).status
    old = browser.jar[cookies.SESSION]

    stepped = browser.post("auth/step-up", {"password": PASSWORD, "code": house.code()})

    late = house.ask("GET", "/api/v1/auth/me", None, {"Cookie": f"{cookies.SESSION}={old}"})
    assert (200, 401) == (stepped.status, late.status)
    assert old != browser.jar[cookies.SESSION]


def test_a_cashier_is_hired_gets_a_pin_and_refunds_on_a_second_operator_s_word(tmp_path: Path) -> None:
    house = House(tmp_path / "shop")
    device, browser, refund_id = house.device(), house.browser(), str(uuid.uuid4())
    assert 200 == browser.post("auth/log-in", {"login": "Léa", "password": PASSWORD, "code": house.code()}).status
    hired = browser.post("operators", {"alias": "Max", "role": "employee"}).json["records"][0]["id"]
    given = browser.post("auth/secrets", {"what": "pin", "operator": hired, "new": "593817"})
    signed = house.ask("POST", "/api/v1/auth/pin", {"operator": hired, "pin": "593817"}, device).json
    shift = device | {"Cookie": signed["cookie"]}

    def command(path: str, body: Any, id: str = "", **more: str) -> Response:
        headers = shift | {"Idempotency-Key": id or str(uuid.uuid4())} | more
        return house.ask("POST", f"/api/v1/{path}", body, headers)

    command("cash/open", {"float_in": 0})
    sold = command("sales/post", {"lines": [{"price": "1.50"}], "payments": [{"mode": 1}]}).json
    refund = {"gen": sold["gen"], "seq": sold["seq"], "reason": "erreur"}
    alone = command("sales/refund", refund, refund_id)
    body = {"operator": 1, "pin": PIN, "command": refund_id}
    approved = house.ask("POST", "/api/v1/auth/approve", body, shift).json
    elsewhere = command("sales/refund", refund, **{"X-Override": approved["override"]})
    done = command("sales/refund", refund, refund_id, **{"X-Override": approved["override"]})

    house.close()
    assert 200 == given.status
    assert ((403, "kernel.not_allowed"), (403, "auth.approval")) == tuple(
        (each.status, each.json["code"]) for each in (alone, elsewhere)
    )
    assert 200 == done.status, done.body
    assert {"by": 1, "rights": ["sales.refund"]}.items() <= done.json["records"][-1].items()


def test_the_command_line_enrols_this_machine_once(house: House) -> None:
    code = guichet(house.data, "invite", "--till", "1")["code"]

    enrolled = guichet(house.data, "enrol", code, "--url", house.address)

    assert 1 == enrolled["till"]
    assert enrolled["token"].startswith("tk_till_1_")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert 3 == main(["--json", "enrol", code, "--url", house.address])
    assert "access.wrong_code" == json.loads(out.getvalue())["code"]


def test_secrets_are_given_again_while_the_shop_is_served(house: House, tmp_path: Path) -> None:
    device = house.device()
    (tmp_path / "secrets").write_text(f"593817\n{PASSWORD}\n", encoding="utf-8")

    guichet(house.data, "owner", "--owner", "Zoé", "--secrets", str(tmp_path / "secrets"))

    signed = house.ask("POST", "/api/v1/auth/pin", {"operator": 2, "pin": "593817"}, device)
    assert (200, "Zoé") == (signed.status, signed.json["alias"])


def test_no_secret_is_left_in_the_log_or_the_store(house: House) -> None:
    device = house.device()
    for pin in ("771904", PIN):
        house.ask("POST", "/api/v1/auth/pin", {"operator": 1, "pin": pin}, device)
    token = device["Authorization"].partition(" ")[2]

    store = b"".join(path.read_bytes() for path in house.data.rglob("*.mdb"))

    for secret in (PASSWORD, token, f'"{PIN}"', "771904"):
        assert secret not in house.said()
        assert secret.encode() not in store


def test_whoever_guesses_from_one_address_waits(tmp_path: Path) -> None:
    house = House(tmp_path / "shop", "--sign-ins-per-minute=3")
    body = {"login": "Léa", "password": "x" * 15, "code": "000000"}

    said = [house.ask("POST", "/api/v1/auth/log-in", body) for _ in range(4)]

    house.close()
    assert [401, 401, 401, 429] == [each.status for each in said]
    assert "auth.too_many" == said[-1].json["code"]
    assert 1 <= int(said[-1].headers["retry-after"]) <= 20
