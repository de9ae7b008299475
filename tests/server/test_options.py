"""Options: file, environment, flags, in this order, and errors that say where."""

from pathlib import Path

import pytest

from drivers.printers.allowed import Ports
from server.options import BadOption, allowed_of, hosts_of, loopback_endpoints, read_options


def test_a_flag_counts_more_than_the_environment_and_that_more_than_the_file(tmp_path: Path) -> None:
    file = tmp_path / "guichet.toml"
    file.write_text('data = "/a"\nport = 1\nworkers = 2\nallow-host = ["un.example"]\n')

    options = read_options({"port": 3}, {"GUICHET_PORT": "2", "GUICHET_TLS": "true"}, file)

    assert ("/a", 3, 2, True, ("un.example",)) == (
        options.data,
        options.port,
        options.workers,
        options.tls,
        options.allow_host,
    )


def test_the_environment_names_the_file_and_lists_by_commas(tmp_path: Path) -> None:
    file = tmp_path / "guichet.toml"
    file.write_text('data = "/b"\n')

    options = read_options({}, {"GUICHET_CONFIG": str(file), "GUICHET_ALLOW_HOST": "a.example, b.example"})

    assert ("/b", ("a.example", "b.example")) == (options.data, options.allow_host)


@pytest.mark.parametrize(
    ("where", "text"),
    [("colour", 'colour = "red"'), ("port", 'port = "many"'), ("guichet.toml", "port = "), ("data is missing", "")],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, where: str, text: str) -> None:
    file = tmp_path / "guichet.toml"
    file.write_text(text)

    with pytest.raises(BadOption, match=where):
        read_options({}, {}, file)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2"])
def test_only_loopback_is_served_in_the_clear(host: str) -> None:
    with pytest.raises(BadOption, match="--tls"):
        read_options({"data": "/a", "host": host}, {})

    assert host == read_options({"data": "/a", "host": host, "tls": True}, {}).host
    assert host == read_options({"data": "/a", "host": host, "behind_proxy": True}, {}).host


def test_the_server_answers_to_its_own_names_only() -> None:
    options = read_options({"data": "/a", "host": "::1", "allow_host": ["Caisse.Example"]}, {})

    assert {b"localhost", b"127.0.0.1", b"[::1]", b"caisse.example"} == hosts_of(options)


def test_what_printers_may_be_is_said_in_the_environment_too() -> None:
    said = {
        "GUICHET_ALLOW_DEVICE": "/dev/usb/lp*, /dev/ttyUSB0",
        "GUICHET_ALLOW_PRINTER_NETWORK": "127.0.0.0/8",
        "GUICHET_PRINTER_PORT": "9200,9300-9301",
        "GUICHET_WEBHOOK_PORT": "443, 8443",
    }

    options = read_options({"data": "/a"}, said)

    allowed = allowed_of(options)
    assert (("/dev/usb/lp*", "/dev/ttyUSB0"), (Ports(9200, 9200), Ports(9300, 9301))) == (
        allowed.devices,
        allowed.ports,
    )
    assert (443, 8443) == options.webhook_port


def test_a_name_is_on_the_loopback_only_for_tests() -> None:
    options = read_options({"data": "/a", "test_webhook": ["compta.example.com=127.3.2.1"]}, {})

    assert {"compta.example.com": "127.3.2.1"} == loopback_endpoints(options)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("public_url", "http://caisse.example.fr", "public-url"),
        ("public_url", "https://caisse.example.fr/", "public-url"),
        ("public_url", "https://" + "a" * 120, "public-url"),
        ("allow_device", ["lp0"], "allow-device"),
        ("allow_printer_network", ["10.0.0.1/8"], "allow-printer-network"),
        ("printer_port", ["22"], "printer-port"),
        ("webhook_port", [80], "webhook-port"),
        ("webhook_port", [], "webhook-port"),
        ("test_webhook", ["compta.example.com=10.0.0.1"], "test-webhook"),
        ("test_webhook", ["compta.example.com"], "test-webhook"),
    ],
)
def test_what_would_open_a_way_in_by_mistake_stops_the_start(name: str, value: object, words: str) -> None:
    with pytest.raises(BadOption, match=words):
        read_options({"data": "/a", name: value}, {})


@pytest.mark.parametrize("limit", ["guests_per_minute", "sign_ins_per_minute"])
def test_a_limit_is_at_least_one(limit: str) -> None:
    with pytest.raises(BadOption, match="at least 1"):
        read_options({"data": "/a", limit: 0}, {})

    assert 5 == getattr(read_options({"data": "/a", limit: 5}, {}), limit)


@pytest.mark.parametrize("name", ["head_within_s", "request_within_s", "address_connections"])
def test_the_limits_of_connections_can_be_set_and_are_at_least_one(name: str) -> None:
    options = read_options({"data": "d"}, {f"GUICHET_{name.upper()}": "7"})

    assert 7 == getattr(options, name)
    with pytest.raises(BadOption, match="at least 1"):
        read_options({"data": "d"}, {f"GUICHET_{name.upper()}": "0"})
