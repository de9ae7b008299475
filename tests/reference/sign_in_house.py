"""A shop whose people sign in over the API in this very process: the real gate, reception and engine, a moved clock."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from shop_harness import Shop as Harness

from engine.engine import Actor, Answer, Envelope
from engine.features import FEATURES
from server.api.routes import PAGES, api_routes, table_of
from server.api.serve_api import Api
from server.api.shop import Shop
from server.auth import ceremonies, totp
from server.auth.gate import COOKIE_KEY, Gate
from server.auth.limits import Limits
from server.auth.origins import Origins
from server.auth.pepper import Pepper
from server.auth.reception import Reception
from server.auth.routes import CEREMONIES
from server.auth.secrets import Secrets

T = TypeVar("T")

SHOP_ID = "00112233445566778899aabbccddeeff"
HOST = "caisse.example.net"
ORIGIN = f"http://{HOST}"
PIN, PASSWORD, BADGE = "482913", "un mot de passe bien long", "04A2B3C4D5"
SEED = b"12345678901234567890"
PEOPLE = {1: ("Ada", "admin"), 2: ("Max", "manager"), 3: ("Léa", "employee")}
PEPPER = Pepper(bytes(range(32)), SHOP_ID)
UNLIMITED = 1_000_000
TABLE = table_of((*PAGES, *CEREMONIES, *api_routes()))


@functools.cache
def people() -> dict[int, dict[str, Any]]:
    """Everybody's row, hashed once for all tests of a process."""
    return asyncio.run(_people())


async def _people() -> dict[int, dict[str, Any]]:
    secrets, rows = Secrets(PEPPER), {}
    for id, (alias, role) in PEOPLE.items():
        row: dict[str, Any] = {"alias": alias, "role": role, "email": f"{alias.lower()}@example.net"}
        row["pin"] = await ceremonies.stored_form(secrets, "pin", id, PIN)
        row["password"] = await ceremonies.stored_form(secrets, "password", id, PASSWORD)
        row["totp"] = {"hash": totp.seal(PEPPER, id, SEED), "key": totp.seed_key(PEPPER, SEED)}
        rows[id] = row
    rows[3]["badge"] = await ceremonies.stored_form(secrets, "badge", 3, BADGE)
    secrets.close()
    return rows


class Desk:
    """The engine in process, as a worker would reach it through its socket; remembers the names that were sent."""

    def __init__(self, shop: Harness) -> None:
        self.shop = shop
        self.sent: list[str] = []

    async def _send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Answer:
        self.sent.append(name)
        command = self.shop.features.decode_command(name, body)
        return self.shop.engine.submit([Envelope(id=id, actor=actor, command=command)])[0]

    def send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Awaitable[Answer]:
        """Submits a command."""
        return self._send(name, body, actor, id)

    def look(self, look: Callable[[Any], T]) -> T:
        """A snapshot."""
        return self.shop.engine.reader().look(look)


class Said:
    """A response: status, headers in their order, body."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status = status
        self.headers = {name.decode(): value.decode() for name, value in headers}
        self.cookies = [value.decode() for name, value in headers if name == b"set-cookie"]
        self.body = body

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The problem's code; empty where there is none."""
        return str(self.json.get("code", ""))

    @property
    def ended(self) -> tuple[int, str]:
        """(status, code)."""
        return self.status, self.code


class House:
    """Two tills, an admin, a manager and an employee with all their secrets, and the API before them."""

    def __init__(self, path: Path) -> None:
        self.shop = Harness(path, FEATURES)
        self.pepper = PEPPER
        self.desk = Desk(self.shop)
        for id in (1, 2):
            self.shop.configure("tills", id, {"name": f"Caisse {id}"})
        self.shop.configure("settings", 1, {"name": "Bar du Port"})
        for id, row in people().items():
            self.shop.configure("operators", id, row)
        self.worker = Shop(path, None)  # type: ignore[arg-type]  # no socket: the desk reaches the engine
        self.worker.gate = Gate(
            self.shop.engine.reader,
            lambda: self.pepper.key(COOKIE_KEY),
            origins=Origins(frozenset({HOST.encode()})),
            limits=Limits(UNLIMITED, UNLIMITED),
            now_ms=self.shop.clock.wall_ms,
        )
        self.worker.reception = Reception(
            desk=self.desk,
            gate=self.worker.gate,
            reader=self.shop.engine.reader,
            load_pepper=lambda: self.pepper,
            now_ms=self.shop.clock.wall_ms,
        )
        self.api = Api(self.worker, TABLE)

    def code(self) -> str:
        """A one-time code that nobody used yet: the clock goes on by one step."""
        self.shop.clock.advance(30_000)
        return totp.code(SEED, self.shop.clock.wall_ms() // 30_000)

    def client(self) -> "Client":
        """A device or browser without anything."""
        return Client(self)

    def till(self, till: int = 1) -> "Client":
        """A device that is a till, enrolled over the API; nobody stands there."""
        made = self.client()
        code = asyncio.run(ceremonies.invite(self.desk, self.pepper, till, Actor(till=0)))
        made.token = made.post("enrol", {"code": code}).json["token"]
        return made

    def at_till(self, operator: int = 3, till: int = 1) -> "Client":
        """Somebody who stands at a till."""
        made = self.till(till)
        assert 200 == made.post("pin", {"operator": operator, "pin": PIN}).status
        return made

    def in_office(self, operator: int = 1) -> "Client":
        """Somebody in the back office, freshly proven."""
        made = self.client()
        body = {"login": PEOPLE[operator][0], "password": PASSWORD, "code": self.code()}
        assert 200 == made.post("log-in", body).status
        return made

    def events(self) -> list[str]:
        """The names of all sealed events."""
        reader = self.shop.engine.reader()
        entries = [reader.entry(1, seq).entry for seq in range(reader.position()[1])]
        return [record.what for entry in entries for record in entry.rec if hasattr(record, "what")]

    def journal(self) -> bytes:
        """Every byte of the journal."""
        return b"".join(row[2] for row in self.shop.engine.reader().entries_since(1, 0))

    def close(self) -> None:
        """Lets everything go."""
        self.worker.reception.close()
        self.shop.close()


class Client:
    """A device or a browser: its token and its cookie jar."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.token: str | None = None
        self.jar: dict[str, str] = {}

    def headers(self, host: str = HOST) -> dict[str, str]:
        """What it shows."""
        found = {"host": host, "content-type": "application/json", "origin": f"http://{host}", "x-till": "1"}
        if self.token:
            found["authorization"] = f"Bearer {self.token}"
        if self.jar:
            found["cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        return found

    def post(self, path: str, body: Any = None, **more: str) -> Said:
        """One request of the kind that sign-in takes."""
        return self.ask("POST", f"/api/v1/auth/{path}", {} if body is None else body, **more)

    def me(self) -> Said:
        """Who it is."""
        return self.ask("GET", "/api/v1/auth/me")

    def ask(self, method: str, path: str, body: Any = None, *, host: str = HOST, **more: str) -> Said:
        """One request; cookies that are set are kept."""
        said = asyncio.run(self._ask(method, path, body, {**self.headers(host), **more}))
        for cookie in said.cookies:
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            self.jar = {key: old for key, old in self.jar.items() if key != name} | ({name: value} if value else {})
        return said

    async def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Said:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": data}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message["body"])

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("192.0.2.1", 5000),
        }
        await self.house.api(scope, receive, send)
        return Said(start["status"], start["headers"], b"".join(parts))
