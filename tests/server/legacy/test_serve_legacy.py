"""The webservices through a real server, as the reference's software calls them: with a key, over a socket."""

import concurrent.futures
import datetime
import http.client
import json
import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from served_shop import Served, one_request, till_token, wait_until

from engine.engine import Engine, Reader, check
from engine.features import FEATURES
from engine.kernel.world import World
from server.auth import tokens
from server.auth.gate import Gate
from server.auth.limits import Limits
from server.auth.origins import Origins
from server.legacy import serve_legacy
from server.legacy.handle import handle
from server.legacy.serve_legacy import answered, names_of
from server.wire.frames import Reply

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCOPES = ["sales.post", "sales.pay", "sales.read", "sales.unpaid", "sales.typed_price", "shop.read", "catalogue.read"]
SCOPES += ["catalogue.write", "payments.read", "cash.read", "staff.read", "discounts.read"]
ROWS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("tills", 9, {"name": "Jamais ouverte"}),
    ("settings", 1, {"name": "Chez nous", "default_vat": 1, "public_address": "https://caisse.example.fr"}),
    ("departments", 1, {"title": "Bar", "vat": 1}),
    ("products", 1, {"title": "Café", "price": "1.50", "department": 1}),
    ("products", 2, {"title": "Sandwich", "price": "5.00", "department": 1}),
)


class Software:
    """Software of the shop's own that calls webservices with a key."""

    def __init__(self, data: Path) -> None:
        self.keys: dict[str, str] = {}
        with Engine(data, unsafe_filesystem=True) as engine:
            self.shop = engine.shop
            for kind, id, row in ROWS:
                self._put(engine, kind, id, row)
            self._key(engine, 1, "all", SCOPES)
            self._key(engine, 2, "reads", ["sales.read", "shop.read", "catalogue.read"])
            self._key(engine, 3, "elsewhere", SCOPES, addresses=["192.0.2.0/24"])
            self._key(engine, 4, "sells", ["sales.post", "catalogue.read"])
            self._key(engine, 5, "for two", SCOPES, operators=[1, 2])
            self._key(engine, 6, "closed", SCOPES, till=9)
        (data / "ballast").unlink(missing_ok=True)
        self.served = Served(data)

    def _put(self, engine: Engine, kind: str, id: int, row: dict[str, Any]) -> None:
        answer = engine.do(f"{kind}.put", {"id": id, "row": row}, id=uuid.uuid4().bytes)
        assert "done" == answer.status, answer

    def _key(self, engine: Engine, id: int, name: str, scopes: list[str], **changes: Any) -> None:
        token = self.keys[name] = tokens.api_token()
        parts = tokens.parse(token)
        assert isinstance(parts, tokens.KeyToken)
        secret = {"hash": parts.digest.hex(), "key": "k"}
        expires = (engine.reader().look(World.date) + datetime.timedelta(days=30)).isoformat()
        row = {"label": name, "scopes": scopes, "till": 2, "expires": expires, "key_id": parts.key_id, "secret": secret}
        self._put(engine, "api-keys", id, row | changes)

    def call(self, service: str, *items: str, key: str = "all", method: str = "POST", **fields: Any) -> Any:
        """One call; ``items`` is ``itemsList[]``."""
        given = {"idboutique": self.shop, "key": self.keys.get(key, key)} | fields
        pairs = [*((name, value) for name, value in given.items() if value is not None)]
        pairs += [("itemsList[]", item) for item in items]
        path = f"/workers/{service}.php"
        if method == "GET":
            return self.served.ask("GET", f"{path}?{urlencode(pairs)}")
        return self.served.ask("POST", path, urlencode(pairs).encode(), FORM)


@pytest.fixture(scope="module")
def software(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Software]:
    """Software beside a served shop."""
    made = Software(Path(shutil.copytree(ready_shop, tmp_path_factory.mktemp("legacy") / "shop")))
    yield made
    made.served.close()


def test_a_sale_by_the_grammar_of_items_appears_in_the_api(software: Software) -> None:
    reply = software.call("webapp", "1_2", "2_1_Pain complet_5.50", "-1_9.99_Vente libre", payment=2, deliveryMethod=2)

    order = reply.json["orderID"]
    ticket = software.served.ask(
        "GET", f"/api/v1/sales/ticket?seq={order & (1 << 48) - 1}", headers=software.served.headers()
    ).json
    assert (200, "OK", True) == (reply.status, reply.json["result"], reply.json["success"])
    assert (2, 0) == (ticket["till"], ticket["operator"])
    assert (300 + 550 + 999, 0, 2) == (ticket["ticket"]["total"], ticket["due"], ticket["ticket"]["mode"])
    assert [("Café", None), ("Sandwich", "Pain complet"), ("Vente libre", None)] == [
        (line["l"], line["n"]) for line in ticket["ticket"]["lines"]
    ]
    assert f"https://caisse.example.fr{ticket['proof_path']}" == reply.json["invoice"]
    assert 200 == software.served.ask("GET", ticket["proof_path"]).status


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_shop_is_named_by_id_number_or_name_under_either_word(software: Software, method: str) -> None:
    names = [software.shop, str(int(software.shop[:12], 16)), "chez nous", " Chez Nous "]

    replies = [software.call("getPlus", method=method, idboutique=None, shopID=name) for name in names]
    replies += [software.call("getPlus", method=method, idboutique=name) for name in names]

    assert [200] * 8 == [reply.status for reply in replies]
    assert ["Café", "Sandwich"] == [row["title"] for row in replies[0].json]


def test_a_key_that_does_not_fit_is_one_answer_whatever_is_wrong(software: Software) -> None:
    wrong = [
        software.call("webapp", "1", payment=2, key=key)
        for key in ("", "x", tokens.api_token(), software.keys["all"][:-1], till_token(2), "elsewhere")
    ]
    wrong += [software.call("webapp", "1", payment=2, idboutique=shop) for shop in ("4711", "", "0" * 32, "Ailleurs")]

    text = "shopID (idboutique) ou key : clé refusée"
    shape = {"success": False, "result": text, "errorMessage": text, "code": "legacy.bad_key"}
    assert [(403, shape)] * 10 == [(reply.status, reply.json) for reply in wrong]


def test_a_repeated_call_is_one_order_and_other_content_a_conflict(software: Software) -> None:
    first, again = (software.call("webapp", "1", payment=2, idempotencyKey="commande-17") for _ in range(2))
    other = software.call("webapp", "2", payment=2, idempotencyKey="commande-17")
    apart = [software.call("webapp", "1", payment=2).json["orderID"] for _ in range(2)]

    assert first.json == again.json
    assert (409, "kernel.id_reused") == (other.status, other.json["code"])
    assert 2 == len({*apart} - {first.json["orderID"]})


def test_an_order_that_is_unpaid_is_paid_later(software: Software) -> None:
    order = software.call("webapp", "2", payment=-1).json

    paid = software.call("editOrder", orderID=order["orderID"], payment=2)
    shown = software.call("getOrder", method="GET", order_id=order["orderID"])

    assert None is order["paymentLink"]
    assert (True, order["invoice"]) == (paid.json["success"], paid.json["invoice"])
    assert "paymentLink" not in paid.json
    assert (True, "5.00") == (shown.json["terminated"], shown.json["price"])


def test_lists_and_reports_are_read_in_every_format(software: Software) -> None:
    software.call("webapp", "1", payment=2)

    rows = software.call("getDepartments", method="GET").json
    table = software.call("getPlus", method="GET", format="csv")
    page = software.call("getPlus", method="GET", format="html")
    orders = software.call("getOrders", method="GET", validatedOrders="true").json
    report = software.call("getSales", method="GET", y=2026, formatExport="CSV")

    assert ["Bar"] == [row["title"] for row in rows]
    assert ("text/csv; charset=utf-8", True) == (table.headers["content-type"], "Café" in table.body.decode())
    assert page.body.startswith(b"<table>")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert [2] * len(orders) == [order["cashBoxID"] for order in orders]
    assert report.body.decode().startswith("fiscal_number;orderID;")


def test_the_catalogue_is_edited_and_the_api_shows_it(software: Software) -> None:
    made = software.call("addPlu", **{"data[title]": "Thé", "data[price]": "2.20", "data[deptID]": "1"})

    row = software.served.ask("GET", f"/api/v1/products/{made.json['id']}", headers=software.served.headers(0)).json
    gone = software.call("delPlu", id=made.json["id"])

    assert ("Thé", "2.2") == (row["title"], row["price"])
    assert gone.json["success"]


def test_a_key_does_what_its_scopes_say_and_nothing_else(software: Software) -> None:
    sale = software.call("webapp", "1", payment=2, key="reads")
    edit = software.call("delPlu", id=1, key="reads")
    read = software.call("getPlus", key="reads")
    modes = software.call("getPaymentModes", key="reads")
    cheaper = software.call("webapp", "2_1_Pain_0.50", payment=2, key="sells")
    sold = software.call("webapp", "2", payment=2, key="sells")

    refused = [(each.status, each.json["code"]) for each in (sale, edit, modes, cheaper)]
    assert [(403, "kernel.not_allowed")] * 4 == refused
    assert 200 == read.status
    assert (True, None) == (sold.json["success"], sold.json["invoice"])  # it may not read what it sold


def test_a_key_acts_at_its_own_till_and_for_nobody_else(software: Software) -> None:
    tried = [("idcaisse", "1"), ("idUser", "1"), ("idcaisse", "2")]

    replies = [software.call("webapp", "1", payment=2, key="all", **{name: value}) for name, value in tried]

    assert ["legacy.not_its_till", "legacy.not_its_till", None] == [reply.json.get("code") for reply in replies]


def test_a_key_sells_for_the_user_that_it_names_as_far_as_he_may(software: Software) -> None:
    for_two = software.call("webapp", "1", payment=2, key="for two", idUser="2")
    typed = [software.call("webapp", "2_1_Pain_0.50", payment=2, key="for two", idUser=user) for user in ("1", "2")]

    seq = for_two.json["orderID"] & (1 << 48) - 1
    ticket = software.served.ask("GET", f"/api/v1/sales/ticket?seq={seq}", headers=software.served.headers()).json
    assert (2, 2) == (ticket["till"], ticket["operator"])
    assert [(200, "OK"), (403, "kernel.not_allowed")] == [
        (each.status, each.json.get("code") or each.json["result"]) for each in typed
    ]


def test_a_till_without_a_session_says_so_in_french(software: Software) -> None:
    reply = software.call("webapp", "1", payment=2, key="closed")

    text = "La caisse de cette clé est fermée : ouvrez-y une session, puis recommencez (cash.till_closed)"
    assert (200, text, "cash.till_closed") == (reply.status, reply.json["result"], reply.json["code"])


@pytest.mark.parametrize(
    ("status", "code", "service", "fields"),
    [
        (501, "legacy.not_yet", "webapp", {"payment": -2}),
        (501, "legacy.not_yet", "getClients", {}),
        (501, "legacy.not_yet", "getAuthToken", {"login": "a", "password": "b"}),
        (200, "legacy.bad_number", "webapp", {"payment": "x"}),
        (200, "legacy.bad_number", "getOrder", {"order_id": "x"}),
        (200, "sales.unknown_ticket", "getOrder", {"order_id": (1 << 48) + 999_999}),
        (200, "legacy.bad_format", "getPlus", {"format": "pdf"}),
    ],
)
def test_what_is_wrong_has_the_one_shape_of_errors(
    software: Software, status: int, code: str, service: str, fields: dict[str, Any]
) -> None:
    reply = software.call(service, **fields)

    assert (status, False, code) == (reply.status, reply.json["success"], reply.json["code"])
    assert reply.json["result"] == reply.json["errorMessage"]
    assert "application/json; charset=utf-8" == reply.headers["content-type"]


def test_methods_bodies_and_paths_are_bounded(software: Software) -> None:
    served = software.served

    assert 405 == software.call("delPlu", method="GET", id=1).status
    assert 404 == served.ask("POST", "/workers/nothing.php", b"", FORM).status
    assert 415 == served.ask("POST", "/workers/webapp.php", b"{}", {"Content-Type": "application/json"}).status
    head = b"POST /workers/webapp.php HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n"
    assert served.raw(head).startswith(b"HTTP/1.1 413 ")
    assert 400 == served.ask("POST", "/workers/webapp.php", b"a=1&" * 1_100, FORM).status


def test_fifty_calls_at_once_are_fifty_orders_or_told_to_come_again(software: Software) -> None:
    body = urlencode([("shopID", software.shop), ("key", software.keys["all"]), ("payment", 2), ("itemsList[]", "1")])

    def last() -> int:
        path, headers = "/api/v1/sales/tickets?limit=1", software.served.headers()
        return max(
            (ticket["no"] for ticket in software.served.ask("GET", path, headers=headers).json["tickets"]), default=0
        )

    def one(number: int) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", software.served.port, timeout=60)
        headers = FORM | {"Idempotency-Key": f"rush-{number}"}
        try:
            while True:
                got = one_request(connection, "POST", "/workers/webapp.php", body.encode(), headers)
                if got.status != 503:
                    return f"{got.status} {json.loads(got.body)['success']}"
                assert "2" == got.headers["retry-after"]
        finally:
            connection.close()

    before = last()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(one, range(50)))

    assert ["200 True"] * 50 == replies
    assert 50 == last() - before
    assert 0 == check(software.served.data).broken


def test_a_call_while_the_engine_dies_is_one_order_however_often_it_is_sent(ready_shop: Path, tmp_path: Path) -> None:
    software = Software(Path(shutil.copytree(ready_shop, tmp_path / "shop")))
    try:
        os.kill(software.served.pids()["engine"], signal.SIGKILL)
        replies: list[Any] = []

        def taken() -> bool:
            replies.append(software.call("webapp", "1", payment=2, idempotencyKey="k"))
            return bool(replies[-1].status == 200)

        wait_until(taken, "the order is taken")
        again = software.call("webapp", "1", payment=2, idempotencyKey="k")
        tickets = software.served.ask("GET", "/api/v1/sales/tickets", headers=software.served.headers()).json
    finally:
        software.served.close()

    away = [(reply.status, reply.json["code"], reply.headers["retry-after"]) for reply in replies[:-1]]
    assert [(503, "api.engine_away", "2")] * len(away) == away
    assert replies[-1].json == again.json
    assert 1 == len(tickets["tickets"])


def test_a_call_that_lasts_too_long_is_ended(software: Software, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_legacy, "CALL_WITHIN_S", -1.0)
    with Reader(software.served.data, FEATURES) as reader:
        gate = Gate(lambda: reader, lambda: b"", origins=Origins(frozenset()), limits=Limits())
        desk = serve_legacy.Desk(reader, gate, cast(Any, None), cast(Any, None), "127.0.0.1")
        known = desk.authenticate(software.shop, software.keys["all"])

        reply = handle("/workers/getPlus.php", [("shopID", software.shop), ("key", software.keys["all"])], {}, desk)

    assert known
    assert (503, "legacy.too_long") == (reply[0], json.loads(reply[2])["code"])


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (409, b'{"code":"a.b","detail":"c","at":"d"}', ("refused", False)),
        (429, b'{"code":"api.too_fast","detail":"c"}', ("fault", True)),
        (500, b'{"code":"kernel.fault","detail":"c","retry":false}', ("fault", False)),
        (503, b'{"code":"store.lost","detail":"c","retry":true}', ("fault", True)),
        (507, b'{"code":"store.disk_low","detail":"c"}', ("fault", True)),
    ],
)
def test_every_answer_of_the_link_is_done_declined_or_a_fault(
    status: int, body: bytes, expected: tuple[str, bool]
) -> None:
    found = answered(Reply(1, status, 0, body))

    assert expected == (found.status, found.retry)


def test_a_shop_without_a_name_is_not_named_by_nothing() -> None:
    assert {"ab" * 16, str(0xABABABABABAB)} == names_of("ab" * 16, " ")
