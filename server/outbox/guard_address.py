"""Where an endpoint may be: names that lead to the open internet, and to nothing inside (reliability.md 3.9).

A name is looked up anew for every delivery, every address it has must be global, and the connection goes to the very
address that was looked at: what a name says a moment later leads nowhere else.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlsplit

HTTPS = 443
PORTS = frozenset({HTTPS})
PORTS_POSSIBLE = frozenset({HTTPS, 8443})
ADDRESSES_MAX = 64  # of one name; more than that is no endpoint

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name, as texts; raises `OSError` where it has none."""

_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that is handed out to networks (RFC 4291)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in an IPv6 one
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "2002::/16",  # 6to4: an IPv4 address inside, whatever it is
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
    )
)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_TARGET = re.compile(r"[!-~]*")


class Forbidden(Exception):
    """The address may not be called; ``reason`` is a stable word that says why, and never which address it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Target(NamedTuple):
    """An endpoint taken apart: the name for Host and SNI, the port, path and query."""

    host: str
    port: int
    path: str


class Place(NamedTuple):
    """Where to connect now: an address that was looked at, and what it was looked up for."""

    address: str
    target: Target


def is_open(address: Address) -> bool:
    """Whether an address belongs to the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return False  # a socket would speak IPv4 to it: a spelling to hide behind, and nothing else
        if address in _NAT64:
            return is_open(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if address not in _UNICAST or address.scope_id is not None:
            return False
    unusual = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not unusual and not any(address in network for network in _REFUSED)


def _whole(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise Forbidden("bad_address") from None


class Guard:
    """Lets a delivery through to a place, or raises `Forbidden`.

    ``ports`` is the allow-list (443, and 8443 if the operator of the machine says so). ``test_addresses`` are let
    through although they are not global, with any port: for tests that serve on the loopback, and for nothing else.
    """

    def __init__(
        self, resolve: Resolve, *, ports: frozenset[int] = PORTS, test_addresses: frozenset[str] = frozenset()
    ) -> None:
        if not test_addresses and not ports <= PORTS_POSSIBLE:
            raise ValueError(f"endpoints are called on {sorted(PORTS_POSSIBLE)} only")
        self._resolve = resolve
        self._ports = ports
        self._test_addresses = test_addresses

    def target(self, url: str) -> Target:
        """The address taken apart; what is not plainly an endpoint by name is forbidden."""
        if not _TARGET.fullmatch(url) or "\\" in url or "#" in url:
            raise Forbidden("bad_url")
        try:
            parts = urlsplit(url)
            port = HTTPS if parts.port is None else parts.port
        except ValueError:
            raise Forbidden("bad_url") from None
        if parts.scheme != "https":
            raise Forbidden("not_https")
        host = (parts.hostname or "").removesuffix(".")
        if "@" in parts.netloc or _HOST.fullmatch(host) is None or ".." in host:
            raise Forbidden("bad_host")
        if _ends_in_number(host) or ("." not in host and not self._test_addresses):
            raise Forbidden("bad_host")
        if port not in self._ports:
            raise Forbidden("bad_port")
        return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))

    async def place(self, url: str) -> Place:
        """Where to connect for this delivery: the first address of the name, if all of them are open."""
        target = self.target(url)
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise Forbidden("no_address") from None
        if not found or len(found) > ADDRESSES_MAX:
            raise Forbidden("no_address")
        for text in found:
            if text not in self._test_addresses and not is_open(_whole(text)):
                raise Forbidden("address_forbidden")
        return Place(found[0], target)


def _ends_in_number(host: str) -> bool:
    """Whether a resolver would read the host as an IPv4 address: 127.1, 0x7f.1, 2130706433, 0177.0.0.1."""
    last = host.rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None
