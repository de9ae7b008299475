"""One try against a real TLS server on the loopback, which a test may call and nothing else."""

import asyncio
import ssl
from typing import Any

import pytest

from server.outbox.guard_address import Guard
from server.outbox.plan_deliveries import Reply
from server.outbox.post_webhook import REPLY_BYTES_MAX, Poster, resolve, tls_context


def post(receiver: Any, *answers: Any, poster: Any = None, **options: float) -> Reply:
    """The reply that one delivery gets."""
    if answers:
        receiver.answers = list(answers)

    async def run() -> Reply:
        async with receiver.serving():
            made = poster or receiver.poster(**options)
            reply: Reply = await made.post(receiver.url + "?a=1", {"webhook-id": "msg_1"}, b'{"type":"x"}')
            return reply

    return asyncio.run(run())


def test_the_request_says_what_it_should_and_the_name_stands_in_sni_and_host(receiver: Any) -> None:
    reply = post(receiver)

    (first, headers, body) = receiver.requests[0]
    assert Reply(200) == reply
    assert ("POST /hook?a=1 HTTP/1.1", b'{"type":"x"}') == (first, body)
    assert (f"localhost:{receiver.port}", "application/json", "msg_1") == (
        headers["host"],
        headers["content-type"],
        headers["webhook-id"],
    )
    assert {"host", "user-agent", "accept", "connection", "content-type", "content-length", "webhook-id"} == set(
        headers
    )
    assert ["localhost"] == receiver.names


def test_a_redirect_is_a_reply_like_any_other_and_not_followed(receiver: Any) -> None:
    reply = post(receiver, b"HTTP/1.1 302 Found\r\nLocation: https://localhost/inside\r\nContent-Length: 0\r\n\r\n")

    assert 302 == reply.status
    assert not reply.taken
    assert 1 == receiver.connections


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_asked(receiver: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert post(receiver).taken


def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(receiver: Any, certify: Any) -> None:
    receiver.path = certify("elsewhere.example.com")

    reply = post(receiver)

    assert Reply(0, "tls") == reply
    assert [] == receiver.requests


def test_a_certificate_of_nobody_we_know_is_refused(receiver: Any) -> None:
    async def loopback(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> Reply:
        async with receiver.serving():
            guard = Guard(loopback, ports=frozenset({receiver.port}), test_addresses=frozenset({"127.0.0.1"}))
            return await Poster(guard).post(receiver.url, {}, b"{}")

    assert Reply(0, "tls") == asyncio.run(run())
    assert ssl.CERT_REQUIRED == tls_context().verify_mode


def test_without_the_allowance_the_loopback_is_not_called(receiver: Any) -> None:
    async def run() -> Reply:
        async with receiver.serving():
            guard = Guard(_inside)
            return await Poster(guard).post("https://hooks.example.com/", {}, b"{}")

    assert Reply(0, "address_forbidden") == asyncio.run(run())
    assert 0 == receiver.connections


async def _inside(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_receiver_that_does_not_answer_in_time_is_a_timeout(receiver: Any) -> None:
    async def silent(writer: Any) -> None:
        await asyncio.sleep(5)

    reply = post(receiver, silent, timeout_s=0.3)

    assert Reply(0, "timeout") == reply


def test_a_body_that_never_ends_does_not_take_back_the_status(receiver: Any) -> None:
    async def drips(writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(50):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.1)

    reply = post(receiver, drips, timeout_s=0.5)

    assert Reply(200) == reply


def test_a_reply_is_read_up_to_its_cap_and_no_further(receiver: Any) -> None:
    sent = 0

    async def pours(writer: Any) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(2_000):
            writer.write(b"x" * 8192)
            await writer.drain()
            sent += 8192

    reply = post(receiver, pours)

    assert Reply(200) == reply
    assert sent < 2_000 * 8192


def test_a_head_without_end_is_too_large(receiver: Any) -> None:
    reply = post(receiver, b"HTTP/1.1 200 OK\r\n" + b"X-Filler: yes\r\n" * (REPLY_BYTES_MAX // 10))

    assert Reply(0, "reply_too_large") == reply


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Reply(204)),
        (b"HTTP/1.0 200\r\n\r\n", Reply(200)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok", Reply(202)),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\n\r\n", Reply(429, retry_after_s=120)),
        (b"HTTP/1.1 503 No\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n", Reply(503)),
        (b"HTTP/1.1 410 Gone\r\n\r\n", Reply(410)),
        (b"", Reply(0, "no_reply")),
        (b"HTTP/1.1 200 OK\r\n", Reply(0, "no_reply")),
        (b"SSH-2.0-OpenSSH\r\n\r\n", Reply(0, "not_http")),
        (b"HTTP/2 200\r\n\r\n", Reply(0, "not_http")),
        (b"HTTP/1.1 999 What\r\n\r\n", Reply(0, "not_http")),
    ],
)
def test_every_sort_of_reply_is_understood_or_named(receiver: Any, answer: bytes, reply: Reply) -> None:
    assert reply == post(receiver, answer)


def test_nobody_listening_is_a_connection_that_failed(receiver: Any) -> None:
    async def run() -> Reply:
        async with receiver.serving():
            poster = receiver.poster()
        reply: Reply = await poster.post(receiver.url, {}, b"{}")
        return reply

    assert Reply(0, "connection") == asyncio.run(run())


def test_the_machines_own_resolver_gives_texts_of_addresses() -> None:
    found = asyncio.run(resolve("localhost", 443))

    assert {"127.0.0.1", "::1"} & set(found)
