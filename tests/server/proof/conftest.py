"""A served shop whose products have hostile names, a ticket of it, and a server in between that can alter answers."""

import http.client
import http.server
import json
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from served_shop import Served

from engine.engine import Engine, Reader
from engine.features import FEATURES

HOSTILE = '<img src=x onerror="document.title=1">'
ROWS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("vat-rates", 2, {"title": "Taux réduit", "percent": "5.5"}),
    ("vat-rates", 3, {"title": "Taux intermédiaire", "percent": "10"}),
    ("settings", 1, {"name": "Chez Léa <b>&co</b>", "default_vat": 1}),
    ("option-sets", 1, {"title": "Lait", "choices": [{"title": "d'avoine <i>", "delta": "0.50"}]}),
    ("departments", 1, {"title": "Bar", "vat": 3}),
    ("products", 1, {"title": HOSTILE, "price": "4.50", "department": 1, "option_sets": [1]}),
    ("products", 2, {"title": "Tarte aux pommes de la grand-mère, part généreuse", "price": "5.90", "vat": 2}),
    ("products", 3, {"title": "/*/*sans oignons", "price": "0", "vat": 3}),
    ("products", 4, {"title": "Bouteille de vin blanc, Muscadet", "price": "24", "vat": 1}),
)
SALE: dict[str, Any] = {
    "lines": [
        {"product": 1, "quantity": "2", "options": [1001], "note": "</script><script>alert(1)"},
        {"product": 2},
        {"product": 3},
        {"product": 4},
    ],
    "payments": [{"mode": 2, "tendered": 2000}, {"mode": 1, "tendered": 5000}],
    "note": "Table 7 & terrasse",
}


class Sold(NamedTuple):
    """A shop that is served, and the path that the code on its receipt leads to."""

    served: Served
    path: str
    answer: dict[str, Any]

    @property
    def leaf(self) -> str:
        """The leaf in hex."""
        return str(self.answer["leaf"])

    @property
    def query(self) -> str:
        """What stands behind the leaf."""
        return "?" + self.path.partition("?")[2]


@pytest.fixture(scope="session")
def sold(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sold]:
    """A ticket of a served shop, with a few before and after it."""
    data = Path(shutil.copytree(ready_shop, tmp_path_factory.mktemp("proof") / "shop"))
    with Engine(data, unsafe_filesystem=True) as engine:
        for kind, id, row in ROWS:
            answer = engine.do(f"{kind}.put", {"id": id, "row": row}, id=uuid.uuid4().bytes)
            assert "done" == answer.status, answer
    (data / "ballast").unlink(missing_ok=True)
    served = Served(data)
    try:
        answers = [served.do("sales/post", SALE) for _ in range(5)]
        assert [200] * 5 == [each.status for each in answers], answers[0].body
        answer = answers[2].json
        with Reader(data, FEATURES) as reader:
            path = reader.ask_by_name("sales.ticket", {"seq": answer["seq"]}).proof_path
        yield Sold(served, path, answer)
    finally:
        served.close()


Alter = Callable[[dict[str, Any]], None]


class Between:
    """A server between browser and shop that passes everything on, and alters the data of proofs as it is told."""

    def __init__(self, port: int) -> None:
        self.alter: Alter = lambda bundle: None
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                try:
                    connection.request("GET", self.path, headers={"Accept-Language": self.headers["Accept-Language"]})
                    answer = connection.getresponse()
                    body = answer.read()
                finally:
                    connection.close()
                if answer.headers["content-type"] == "application/json":
                    bundle = json.loads(body)
                    between.alter(bundle)
                    body = json.dumps(bundle).encode()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Nothing."""

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A test has cut the answer off; nothing is said."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def between(sold: Sold) -> Iterator[Between]:
    """A server in between."""
    made = Between(sold.served.port)
    yield made
    made.close()
