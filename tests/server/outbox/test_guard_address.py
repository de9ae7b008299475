"""The guard against calls to the inside: every spelling of reliability.md 3.9, with a resolver double."""

import asyncio
import ipaddress
from collections.abc import Sequence

import pytest

from server.outbox.guard_address import Forbidden, Guard, Target, is_open

OPEN = "93.184.216.34"


class Resolver:
    """Says what it is told to, one answer after the other; the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not found:
            raise OSError("no such name")
        return list(found)


def reason(url: str, resolver: Resolver | None = None) -> str:
    """Why an address is forbidden; empty where it is not."""
    guard = Guard(resolver or Resolver([OPEN]))
    try:
        asyncio.run(guard.place(url))
    except Forbidden as forbidden:
        return forbidden.reason
    return ""


INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:93.184.216.34",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:5db8:d822::",
    "2001::7f00:1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    assert "address_forbidden" == reason("https://hooks.example.com/", Resolver([address]))


@pytest.mark.parametrize("address", [OPEN, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::8.8.8.8"])
def test_a_name_on_the_open_internet_is_called_at_that_very_address(address: str) -> None:
    resolver = Resolver([address])

    place = asyncio.run(Guard(resolver).place("https://Hooks.Example.com/a/b?c=d"))

    assert (address, Target("hooks.example.com", 443, "/a/b?c=d")) == (place.address, place.target)
    assert [("hooks.example.com", 443)] == resolver.asked


@pytest.mark.parametrize("answer", [[OPEN, "127.0.0.1"], ["10.0.0.1", OPEN], [OPEN, "::1"], [OPEN] * 3 + ["fd00::1"]])
def test_one_address_inside_among_open_ones_forbids_the_name(answer: list[str]) -> None:
    assert "address_forbidden" == reason("https://hooks.example.com/", Resolver(answer))


def test_a_name_that_turns_inward_between_two_deliveries_is_not_called_again() -> None:
    guard = Guard(Resolver([OPEN], ["127.0.0.1"]))

    first = asyncio.run(guard.place("https://rebind.example.com/"))
    with pytest.raises(Forbidden) as error:
        asyncio.run(guard.place("https://rebind.example.com/"))

    assert OPEN == first.address
    assert "address_forbidden" == error.value.reason


SPELLINGS = [
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7F.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://127.0.0.0x/",
    "https://0/",
    "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://localhost./",
    "https://printer/",
    "https://user@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks..example.com/",
    "https://hooks_example.com/",
    "https://%31%32%37.0.0.1/",
    "https:///",
    "https://" + "a" * 250 + ".example.com/",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_an_endpoint_that_is_no_plain_name_is_not_even_looked_up(url: str) -> None:
    resolver = Resolver([OPEN])

    assert "bad_host" == reason(url, resolver)
    assert [] == resolver.asked


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://hooks.example.com/", "not_https"),
        ("https://hooks.example.com:80/", "bad_port"),
        ("https://hooks.example.com:8443/", "bad_port"),
        ("https://hooks.example.com:0/", "bad_port"),
        ("https://hooks.example.com:70000/", "bad_url"),
        ("https://hooks.example.com\\@127.0.0.1/", "bad_url"),
        ("https://hooks.example.com/#@127.0.0.1", "bad_url"),
        ("https://hooks.example.com/ HTTP/1.1\r\nHost: inside", "bad_url"),
        ("https://①②⑦.⓪.⓪.①/", "bad_url"),
        ("https://ｌocalhost/", "bad_url"),
        ("https://[::1/", "bad_url"),
    ],
)
def test_other_schemes_ports_and_tricks_are_forbidden_by_name(url: str, why: str) -> None:
    assert why == reason(url)


@pytest.mark.parametrize("answer", [[], [OPEN] * 65, ["not an address"]])
def test_a_name_without_a_usable_answer_is_forbidden(answer: list[str]) -> None:
    found = reason("https://hooks.example.com/", Resolver(answer))

    assert ("bad_address" if answer == ["not an address"] else "no_address") == found


def test_another_port_is_called_only_where_the_machine_allows_it() -> None:
    guard = Guard(Resolver([OPEN]), ports=frozenset({443, 8443}))

    place = asyncio.run(guard.place("https://hooks.example.com:8443/"))

    assert 8443 == place.target.port
    with pytest.raises(ValueError, match="443"):
        Guard(Resolver([OPEN]), ports=frozenset({443, 6379}))


def test_the_allowance_for_tests_opens_one_address_and_no_other() -> None:
    guard = Guard(
        Resolver(["127.0.0.1"], ["127.0.0.2"]), ports=frozenset({4444}), test_addresses=frozenset({"127.0.0.1"})
    )

    first = asyncio.run(guard.place("https://localhost:4444/"))
    with pytest.raises(Forbidden) as error:
        asyncio.run(guard.place("https://localhost:4444/"))

    assert "127.0.0.1" == first.address
    assert "address_forbidden" == error.value.reason


def test_no_forbidden_answer_names_an_address() -> None:
    words = {reason(url, Resolver([address])) for url in ("https://a.example/", SPELLINGS[0]) for address in INSIDE}

    assert {"address_forbidden", "bad_host"} == words


def test_whatever_is_open_is_global_by_the_registry_as_well() -> None:
    samples = [ipaddress.ip_address((i * 2654435761) % 2**32) for i in range(2_000)]

    assert all(address.is_global for address in samples if is_open(address))
    assert any(is_open(address) for address in samples)
