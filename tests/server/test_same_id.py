"""One id and many clients: at once, with another content, in a storm, and from clients that hang up at every stage."""

import contextlib
import json
import shutil
import socket
import struct
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served_shop import Response, Served, read_responses

CLIENTS = 50
STORM_ROUNDS = 4
NOBODY_WAITS = struct.pack("ii", 1, 0)  # SO_LINGER: a hang-up that throws away what was not read


@pytest.fixture(scope="module")
def shop(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop with two workers and no limits on a till's pace."""
    data = Path(shutil.copytree(ready_shop, tmp_path_factory.mktemp("same") / "shop"))
    running = Served(data, "--workers", "2", "--sales-per-second", "100000", "--sales-burst", "100000")
    yield running
    running.close()


def sale_of(shop: Served, id: str, price: str = "1.50") -> bytes:
    """The bytes of a sale."""
    body = json.dumps({"lines": [{"price": price}], "payments": [{"mode": 2}]}).encode()
    headers = shop.headers() | {"Host": "localhost", "Content-Type": "application/json", "Idempotency-Key": id}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /api/v1/sales/post HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def ask(shop: Served, data: bytes) -> Response:
    """One request on a connection of its own."""
    with shop.connect() as made:
        made.sendall(data)
        return read_responses(made, 1)[0]


def at_once(wishes: list[Callable[[], Response]]) -> list[Response]:
    """All of them from as many threads that begin together."""
    answers: list[Response | None] = [None] * len(wishes)
    barrier = threading.Barrier(len(wishes))

    def one(number: int) -> None:
        barrier.wait()
        answers[number] = wishes[number]()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(wishes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def sold(shop: Served) -> int:
    """The number of the last ticket, found out by selling another."""
    number: int = ask(shop, sale_of(shop, uuid.uuid4().hex)).json["records"][0]["no"]
    return number


def without_proof(answer: Response) -> dict[str, object]:
    """An answer without what may differ: that it was asked before, and which checkpoint proves it."""
    return {name: value for name, value in answer.json.items() if name not in ("repeated", "proof")}


def test_fifty_clients_with_one_id_are_one_sale_and_fifty_equal_answers(shop: Served) -> None:
    before = sold(shop)
    data = sale_of(shop, uuid.uuid4().hex)
    answers = at_once([lambda: ask(shop, data)] * CLIENTS)
    after = sold(shop)

    assert [200] * CLIENTS == [answer.status for answer in answers]
    assert all(without_proof(answers[0]) == without_proof(answer) for answer in answers)
    assert {False: 1, True: CLIENTS - 1} == Counter(answer.json["repeated"] for answer in answers)
    assert before + 2 == after


def test_one_id_with_two_contents_at_once_is_one_sale_and_the_other_content_is_refused(shop: Served) -> None:
    before = sold(shop)
    id = uuid.uuid4().hex
    prices = ["1.50", "2.50"] * (CLIENTS // 2)
    answers = at_once([lambda price=price: ask(shop, sale_of(shop, id, price)) for price in prices])  # type: ignore[misc]  # a lambda in a loop needs its default
    after = sold(shop)

    won = {price for price, answer in zip(prices, answers, strict=True) if answer.status == 200}
    assert 1 == len(won)
    assert {200: CLIENTS // 2, 422: CLIENTS // 2} == Counter(answer.status for answer in answers)
    assert {"kernel.id_reused"} == {answer.json["code"] for answer in answers if answer.status == 422}
    assert 1 == len({answer.json["leaf"] for answer in answers if answer.status == 200})
    assert before + 2 == after


def test_a_storm_of_retries_of_many_ids_is_each_sale_once(shop: Served) -> None:
    before = sold(shop)
    ids = [uuid.uuid4().hex for _ in range(CLIENTS // 2)]
    found: dict[str, set[str]] = {id: set() for id in ids}
    for _ in range(STORM_ROUNDS):
        answers = at_once([lambda id=id: ask(shop, sale_of(shop, id)) for id in ids * 2])  # type: ignore[misc]  # a lambda in a loop needs its default
        assert {200} == {answer.status for answer in answers}
        for answer in answers:
            found[answer.json["id"]].add(answer.json["leaf"])
    after = sold(shop)

    assert {1} == {len(leaves) for leaves in found.values()}
    assert before + len(ids) + 1 == after


STAGES = (
    "half the head",
    "the head",
    "half the body",
    "all but a byte",
    "everything",
    "everything, and the first byte back",
)


@pytest.mark.parametrize("abrupt", [True, False])
@pytest.mark.parametrize("stage", STAGES)
def test_a_client_that_hangs_up_has_sold_once_or_not_at_all_and_its_id_says_which(
    shop: Served, stage: str, abrupt: bool
) -> None:
    before = sold(shop)
    ids = [uuid.uuid4().hex for _ in range(10)]
    for id in ids:
        data = sale_of(shop, id)
        head = data.index(b"\r\n\r\n") + 4
        end = dict(
            zip(STAGES, (head // 2, head, (head + len(data)) // 2, len(data) - 1, *[len(data)] * 2), strict=True)
        )
        with shop.connect() as made, contextlib.suppress(OSError):
            if abrupt:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOBODY_WAITS)
            made.sendall(data[: end[stage]])
            if stage == STAGES[-1]:
                made.recv(1)
    between = sold(shop)
    retried = [ask(shop, sale_of(shop, id)) for id in ids]
    after = sold(shop)

    made_before = [answer for answer in retried if answer.json["repeated"]]
    assert [200] * len(ids) == [answer.status for answer in retried]
    assert after == before + len(ids) + 2
    assert between + len(ids) - len(made_before) + 1 <= after
    if stage in STAGES[:4]:
        assert [] == made_before
    if stage == STAGES[-1]:
        assert len(ids) == len(made_before)
