"""What a served shop's printers may be: the operator of the machine allows devices, networks and ports, nobody else.

Whoever configures a shop chooses its printers' addresses, and the machine may serve other people's shops and hold
things that are none of theirs: an address is a way into the machine and the networks around it.
"""

import fnmatch
import ipaddress
import socket
from collections.abc import Callable, Iterable

import msgspec

from engine.ports.printer import PrinterError, Setup

PORT_FIRST, PORT_LAST = 9_100, 9_109  # what print servers listen on: 9100 for the first printer, then one up for each
PORT_MIN, PORT_MAX = 1_024, 65_535  # below 1024 live services that a printer's address must not reach
ADDRESSES_MAX = 4  # of one name, each of which may take its time to answer; a printer has one or two

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], list[str]]
"""The addresses of a name; raises `OSError` where it has none."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in an IPv6 one
_6TO4 = ipaddress.ip_network("2002::/16")  # RFC 3056: the same
_METADATA = ipaddress.ip_network("fd00:ec2::/32")  # where clouds hand their machines' secrets out over IPv6
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")  # Linux takes all of it for itself (RFC 1122 3.2.1.3)


class Ports(msgspec.Struct, frozen=True):
    """A range of TCP ports, both ends included."""

    first: int
    last: int


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator of the machine allows besides network printers with usual ports and addresses.

    ``devices`` are patterns of paths (``/dev/usb/lp*``) for the families file and serial; a star never crosses a slash.
    ``networks`` are those that printers may be in although nothing but this machine, or a link of it, is there.
    ``ports`` are further ports.
    """

    devices: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    ports: tuple[Ports, ...] = ()

    def check(self, setup: Setup) -> None:
        """Refuses families and devices that are not allowed (``printer.not_allowed``); the text says which option
        would allow it. Where a network printer is, is looked at when it is called (`addresses`)."""
        if setup.family == "memory":
            raise PrinterError("printer.not_allowed", "a served shop prints on paper, and this family prints nowhere")
        if setup.family not in ("file", "serial"):
            return
        path = setup.address.partition("@")[0] if setup.family == "serial" else setup.address
        if not any(_matches(path, pattern) for pattern in self.devices):
            text = f"{path!r}: a served shop prints on devices only where guichet serve has --allow-device {path}"
            raise PrinterError("printer.not_allowed", text)

    def addresses(self, host: str, port: int, resolve: Resolve | None = None) -> list[str]:
        """The addresses of a printer, every one of them allowed; connect to one of these, not to the name."""
        self._require_port(port)
        try:
            found = (resolve or look_up)(host, port)
        except (OSError, UnicodeError) as error:
            raise PrinterError("printer.unreachable", f"{host}: {error}") from error
        for address in found[:ADDRESSES_MAX]:
            self._require(host, address)
        return found[:ADDRESSES_MAX]

    def check_place(self, host: str, port: int) -> None:
        """Refuses what is known before anybody is called: the port, and a host that is an address itself."""
        self._require_port(port)
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return
        self._require(host, host)

    def _require_port(self, port: int) -> None:
        if not PORT_FIRST <= port <= PORT_LAST and not any(one.first <= port <= one.last for one in self.ports):
            text = f"port {port} is none of a printer unless guichet serve has --printer-port {port}"
            raise PrinterError("printer.not_allowed", text)

    def _require(self, host: str, text: str) -> None:
        address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
        reserved = address.is_reserved and not address.is_loopback  # Python counts ::1 to both
        if address.is_multicast or address.is_unspecified or reserved or address in _THIS_NETWORK:
            raise PrinterError("printer.not_allowed", f"{host} is at {text}, where no printer can be")
        special = address.is_loopback or address.is_link_local or address in _METADATA
        if special and not any(address in network for network in self.networks):
            allow = f"guichet serve has --allow-printer-network {address}/{address.max_prefixlen}"
            raise PrinterError("printer.not_allowed", f"{host} is at {text}, this machine's own, unless {allow}")


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name as this machine's resolver gives them, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def allowed_from(devices: Iterable[str], networks: Iterable[str], ports: Iterable[str]) -> Allowed:
    """What options say in words; raises `ValueError` that names the word that cannot be."""
    patterns = tuple(devices)
    for pattern in patterns:
        if not pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError(f"allow-device {pattern!r} is no absolute path")
    found = []
    for text in networks:
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise ValueError(f"allow-printer-network {text!r} is no network: {error}") from error
    return Allowed(devices=patterns, networks=tuple(found), ports=tuple(_ports(text) for text in ports))


def _ports(text: str) -> Ports:
    first, _, last = text.partition("-")
    both = (first, last or first)
    if not all(one.isascii() and one.isdigit() and len(one) <= 5 for one in both):
        raise ValueError(f"printer-port {text!r} is no port, nor two with a dash between")
    made = Ports(int(both[0]), int(both[1]))
    if not PORT_MIN <= made.first <= made.last <= PORT_MAX:
        raise ValueError(f"printer-port {text!r}: {PORT_MIN} to {PORT_MAX}, the smaller one first")
    return made


def _matches(path: str, pattern: str) -> bool:
    words, wanted = path.split("/"), pattern.split("/")
    return ".." not in words and len(words) == len(wanted) and all(map(fnmatch.fnmatchcase, words, wanted))


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4 and address.sixtofour is not None:
        return address.sixtofour
    return address
