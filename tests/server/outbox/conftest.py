"""A receiver on the loopback: a real TLS server whose answers the test writes, and a poster that may call it."""

import asyncio
import datetime
import importlib.util
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from print_house import House, open_house
from shop_harness import Shop

from engine.features import FEATURES
from server.outbox.guard_address import Guard
from server.outbox.post_webhook import Poster

LOOPBACK = "127.0.0.1"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def certificate(folder: Path, *names: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    alternatives: list[x509.GeneralName] = [x509.DNSName(one) for one in names]
    alternatives.append(x509.IPAddress(ipaddress.ip_address(LOOPBACK)))
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Receiver:
    """Keeps what it was sent, and answers each request as told: the last answer for ever."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = 0
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.names: list[str | None] = []
        self.answers: list[bytes | Answer] = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
        self.connections = 0

    @property
    def url(self) -> str:
        """Where it listens, by the name of its certificate."""
        return f"https://localhost:{self.port}/hook"

    def poster(self, **options: float) -> Poster:
        """A poster that trusts its certificate and is allowed, for the test, to call the loopback."""

        async def resolve(host: str, port: int) -> list[str]:
            return [LOOPBACK]

        guard = Guard(resolve, ports=frozenset({self.port}), test_addresses=frozenset({LOOPBACK}))
        return Poster(guard, tls=ssl.create_default_context(cafile=str(self.path)), **options)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Receiver"]:
        """Listens on a free port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        context.sni_callback = lambda _, name, __: self.names.append(name)
        server = await asyncio.start_server(self._serve, LOOPBACK, 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((first, headers, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, bytes):
                writer.write(re.sub(rb"\n(?<!\r\n)", b"\r\n", answer))
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    """A receiver called ``localhost``; it listens inside ``serving``."""
    return Receiver(certificate(tmp_path, "localhost"))


@pytest.fixture
def certify(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a certificate for a name."""
    return lambda name: certificate(tmp_path, name)


@pytest.fixture
def bar(tmp_path: Path) -> Iterator[Shop]:
    """The small bar that the engine's own tests sell in."""
    spec = importlib.util.spec_from_file_location("bar_of_tests", Path(__file__).parents[2] / "engine" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    engine_tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(engine_tests)
    shop = Shop(tmp_path / "shop", FEATURES)
    engine_tests.configure_bar(shop)
    yield shop
    shop.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A café that prints."""
    yield from open_house(tmp_path)
