"""Options of ``guichet serve``: from a file (TOML), then the environment (``GUICHET_*``), then flags."""

import dataclasses
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from drivers.printers.allowed import Allowed, allowed_from
from server.auth.limits import GUESTS_PER_MINUTE, SIGN_INS_PER_MINUTE
from server.wire.paces import SALES_BURST, SALES_PER_SECOND

FILE_VARIABLE = "GUICHET_CONFIG"
PREFIX = "GUICHET_"
HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8420
WORKERS_MAX = 64
HEAD_WITHIN_S = 5  # a request's head, and all of it (reliability.md 3.7)
REQUEST_WITHIN_S = 30
ADDRESS_CONNECTIONS = 512  # of one address to one worker
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
WEBHOOK_PORTS = (443, 8443)
_PUBLIC_URL = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9._-]+)*")
PUBLIC_URL_CHARS_MAX = 120  # a QR code holds it and a hash (engine/shop/kinds.py, `PublicAddress`)
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,252})|\[[0-9a-f:.]{2,45}\]", re.I)


class BadOption(Exception):
    """An option that cannot be: which one, where it was said, and why."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What ``guichet serve`` needs to know.

    ``sales_per_second`` and ``sales_burst`` are each till's limit, ``guests_per_minute`` and ``sign_ins_per_minute``
    each address's without a credential, ``head_within_s``, ``request_within_s`` and ``address_connections`` each
    connection's and each address's; ``pepper`` names the file of the key that is not in the store (empty: the
    shop's own).
    ``public_url`` is where anybody reaches this server, for links where the shop's settings name no address.
    ``allow_device``, ``allow_printer_network`` and ``printer_port`` are what printers may be besides network printers
    with usual addresses and ports (drivers/printers/allowed.py). ``webhook_port`` are ports that endpoints may have.
    ``test_webhook`` sends deliveries for a name to an address of this machine's loopback: for tests, nothing else.
    """

    data: str
    host: str = HOST_DEFAULT
    port: int = PORT_DEFAULT
    workers: int = 1
    allow_host: tuple[str, ...] = ()
    tls: bool = False
    behind_proxy: bool = False
    unsafe_filesystem: bool = False
    sales_per_second: int = SALES_PER_SECOND
    sales_burst: int = SALES_BURST
    guests_per_minute: int = GUESTS_PER_MINUTE
    sign_ins_per_minute: int = SIGN_INS_PER_MINUTE
    head_within_s: int = HEAD_WITHIN_S
    request_within_s: int = REQUEST_WITHIN_S
    address_connections: int = ADDRESS_CONNECTIONS
    pepper: str = ""
    public_url: str = ""
    allow_device: tuple[str, ...] = ()
    allow_printer_network: tuple[str, ...] = ()
    printer_port: tuple[str, ...] = ()
    webhook_port: tuple[int, ...] = (443,)
    test_webhook: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Said:
    value: Any
    where: str


def read_options(
    flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ, file: Path | None = None
) -> Options:
    """The options as said; a flag counts more than the environment, and that more than the file. `BadOption` else."""
    given = environment.get(FILE_VARIABLE)
    path = file or (Path(given) if given else None)
    said = _from_file(path) if path else {}
    said |= _from_environment(environment)
    said |= {name: _Said(value, "flag --" + name.replace("_", "-")) for name, value in flags.items()}
    names = {field.name for field in msgspec.structs.fields(Options)}
    for name, one in said.items():
        if name not in names:
            raise BadOption(f"{one.where}: there is no option {name}")
    for name, one in said.items():
        try:
            msgspec.convert({"data": "", name: one.value}, Options, strict=False)
        except msgspec.ValidationError as error:
            raise BadOption(f"{one.where}: {error}") from error
    if "data" not in said:
        raise BadOption("data is missing: name the shop's directory")
    options = msgspec.convert({name: one.value for name, one in said.items()}, Options, strict=False)
    _require(options)
    return options


def _from_file(path: Path) -> dict[str, _Said]:
    try:
        with path.open("rb") as opened:
            read = tomllib.load(opened)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadOption(f"{path}: {error}") from error
    return {name.replace("-", "_"): _Said(value, f"{path}: {name}") for name, value in read.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Said]:
    found = {}
    for field in msgspec.structs.fields(Options):
        variable = PREFIX + field.name.upper()
        value = environment.get(variable)
        if value:
            several = isinstance(field.default, tuple)
            found[field.name] = _Said([part.strip() for part in value.split(",")] if several else value, variable)
    return found


def _require(options: Options) -> None:
    if not 0 <= options.port <= 65_535:
        raise BadOption(f"port {options.port}: 0 (any free one) to 65535")
    if not 1 <= options.workers <= WORKERS_MAX:
        raise BadOption(f"workers {options.workers}: 1 to {WORKERS_MAX}")
    if options.sales_per_second < 1 or options.sales_burst < 1:
        raise BadOption("a till's limits are at least 1")
    if min(options.head_within_s, options.request_within_s, options.address_connections) < 1:
        raise BadOption("the limits of connections are at least 1")
    if options.guests_per_minute < 1 or options.sign_ins_per_minute < 1:
        raise BadOption("an address's limits are at least 1")
    for host in options.allow_host:
        if _HOST_NAME.fullmatch(host) is None:
            raise BadOption(f"allow-host {host!r} is no host's name")
    if options.public_url and (
        len(options.public_url) > PUBLIC_URL_CHARS_MAX or _PUBLIC_URL.fullmatch(options.public_url) is None
    ):
        raise BadOption(
            f"public-url {options.public_url!r}: https:// and a name in small letters, without a slash at its end, "
            f"at most {PUBLIC_URL_CHARS_MAX} characters"
        )
    if not options.webhook_port or not set(options.webhook_port) <= set(WEBHOOK_PORTS):
        raise BadOption(
            f"webhook-port {list(options.webhook_port)}: endpoints are called on {list(WEBHOOK_PORTS)} only"
        )
    allowed_of(options)
    loopback_endpoints(options)
    if options.host not in LOOPBACK and not (options.tls or options.behind_proxy):
        raise BadOption(
            f"host {options.host} can be reached from elsewhere, where passwords and sales would travel in the clear: "
            "say --tls, or --behind-proxy where a proxy ends TLS before this server"
        )


def allowed_of(options: Options) -> Allowed:
    """What the printers of a served shop may be; raises `BadOption`."""
    try:
        return allowed_from(options.allow_device, options.allow_printer_network, options.printer_port)
    except ValueError as error:
        raise BadOption(str(error)) from error


def loopback_endpoints(options: Options) -> dict[str, str]:
    """Name of an endpoint -> the loopback address that its deliveries go to instead; raises `BadOption`."""
    found = {}
    for word in options.test_webhook:
        name, _, address = word.partition("=")
        try:
            loopback = ipaddress.ip_address(address).is_loopback
        except ValueError:
            loopback = False
        if _HOST_NAME.fullmatch(name) is None or not loopback:
            raise BadOption(f"test-webhook {word!r} is no NAME=ADDRESS with an address of the loopback")
        found[name] = address
    return found


def hosts_of(options: Options) -> frozenset[bytes]:
    """The names that the server answers to: those allowed, its own, and loopback."""
    own = {"localhost", "127.0.0.1", "[::1]", *options.allow_host}
    if options.host not in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        own.add(f"[{options.host}]" if ":" in options.host else options.host)
    return frozenset(name.lower().encode() for name in own)
