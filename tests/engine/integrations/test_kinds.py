"""Endpoints as people configure them."""

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.integrations.kinds import WEBHOOKS

ROW = {"title": "Compta", "url": "https://compta.example.com/hook"}


def put(shop: Shop, **changes: object) -> tuple[str, str | None]:
    answer = shop.send("webhooks.put", {"id": 1, "row": ROW | changes}, till=0, operator=0)
    return answer.code, answer.at


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://compta.example.com/", "integrations.not_https"),
        ("ftp://compta.example.com/", "integrations.not_https"),
        ("compta.example.com", "integrations.not_https"),
        ("https://compta.example.com:80/", "integrations.bad_port"),
        ("https://compta.example.com:6379/", "integrations.bad_port"),
        ("https://compta.example.com:99999/", "integrations.bad_url"),
        ("https://user:pass@compta.example.com/", "integrations.bad_url"),
        ("https://example.com#@127.0.0.1/", "integrations.bad_url"),
        ("https://example.com\\@127.0.0.1/", "integrations.bad_url"),
        ("https://exa mple.com/", "integrations.bad_url"),
        ("https://example.com/\r\nX-Injected: 1", "integrations.bad_url"),
        ("https://①②⑦.⓪.⓪.①/", "integrations.bad_url"),
        ("https://localhost/", "integrations.bad_url"),
        ("https://127.0.0.1/", "integrations.bad_url"),
        ("https://127.1/", "integrations.bad_url"),
        ("https://0x7f.0x0.0x0.0x1/", "integrations.bad_url"),
        ("https://2130706433/", "integrations.bad_url"),
        ("https://0177.0.0.1./", "integrations.bad_url"),
        ("https://[::1]/", "integrations.bad_url"),
        ("https://[::ffff:127.0.0.1/", "integrations.bad_url"),
        ("https:///hook", "integrations.bad_url"),
    ],
)
def test_an_address_that_should_not_be_called_is_refused(bar: Shop, url: str, code: str) -> None:
    answer = put(bar, url=url)

    assert (code, "row.url") == answer


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://Compta.Example.COM", "https://compta.example.com/"),
        ("https://compta.example.com:443/a?b=c", "https://compta.example.com/a?b=c"),
        ("https://compta.example.com:8443/", "https://compta.example.com:8443/"),
        ("https://compta.example.com./x", "https://compta.example.com/x"),
        ("https://xn--caf-dma.example/", "https://xn--caf-dma.example/"),
    ],
)
def test_an_address_is_kept_in_one_spelling(bar: Shop, url: str, kept: str) -> None:
    put(bar, url=url)

    assert kept == bar.ask("webhooks.get", {"id": 1})["url"]


@pytest.mark.parametrize("text", ["secret", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "whsec_" + "A" * 88])
def test_a_secret_that_is_none_is_refused(bar: Shop, text: str) -> None:
    answer = put(bar, secret={"hash": text, "key": "k"})

    assert ("integrations.bad_secret", "row.secret") == answer


def test_an_event_that_does_not_exist_is_refused_by_its_place(bar: Shop) -> None:
    answer = put(bar, events=["validated", "exploded"])

    assert ("kernel.bad_request", "row.events[1]") == answer


def test_there_are_at_most_twenty_endpoints(bar: Shop) -> None:
    for id in range(1, 21):
        bar.configure("webhooks", id, ROW)

    answer = bar.refused("webhooks.put", {"row": ROW}, till=0, operator=0)

    assert "kernel.too_many_rows" == answer.code


def test_the_secret_is_neither_shown_nor_sealed(bar: Shop) -> None:
    text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    answer = bar.do("webhooks.put", {"id": 1, "row": ROW | {"secret": {"hash": text, "key": "k"}}})

    shown = bar.ask("webhooks.get", {"id": 1})
    sealed = bar.engine.reader().entry(answer.gen, answer.seq).data

    assert ("secret",) == answer.records[0].secrets
    assert "secret" not in shown
    assert text.encode() not in sealed


def test_employees_and_managers_configure_no_endpoints(bar: Shop) -> None:
    codes = [bar.refused("webhooks.put", {"row": ROW}, operator=operator).code for operator in (2, 3)]

    assert ["kernel.not_allowed"] * 2 == codes


def test_the_example_is_taken_and_kept(bar: Shop) -> None:
    bar.configure("webhooks", 7, WEBHOOKS.example)

    row = bar.ask("webhooks.get", {"id": 7})

    assert dict(WEBHOOKS.example).items() <= (row | {"events": list(row["events"])}).items()
    assert "webhooks.put" in FEATURES.commands
