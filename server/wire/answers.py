"""Answers as clients get them: encoded once, in the engine's process, and passed through as bytes."""

import datetime
import functools
from typing import Any

import msgspec

from engine.engine import Answer
from server.api.problems import RETRY_AFTER_S, WAIT_STATUSES, fault_status, problem_body, refusal_status

_encode = msgspec.json.Encoder().encode
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was accepted: the entry it was sealed in, its records, and the proof that it is in the journal.

    ``at`` is the entry's time in RFC 3339 (UTC); ``leaf`` the entry's hash; ``repeated`` is true where the id had been
    answered before, and everything else is then what it was the first time.
    """

    id: str
    gen: int
    seq: int
    at: str
    leaf: str
    repeated: bool
    records: tuple[Any, ...]
    proof: str


@functools.lru_cache(maxsize=2)  # the sales of a group have one time
def rfc3339(at_ms: int) -> str:
    """Milliseconds since 1970 UTC as ``2026-11-21T22:04:29.123Z``."""
    return (_EPOCH + datetime.timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")[:-6] + "Z"


def encode(answer: Answer) -> tuple[int, int, bytes]:
    """(HTTP status, seconds to wait before asking again, JSON body) of an answer."""
    if answer.status == "done":
        done = Done(
            id=answer.id,
            gen=answer.gen,
            seq=answer.seq,
            at=rfc3339(answer.at_ms),
            leaf=answer.leaf,
            repeated=answer.repeated,
            records=answer.records,
            proof=answer.proof,
        )
        return 200, 0, _encode(done)
    if answer.status == "refused":
        status, wait_s = refusal_status(answer.code, answer.data)
        retry = None
    else:
        status, retry = fault_status(retry=answer.retry), answer.retry
        wait_s = RETRY_AFTER_S if status in WAIT_STATUSES else 0
    body = problem_body(status, answer.code, answer.text, at=answer.at, data=answer.data, id=answer.id, retry=retry)
    return status, wait_s, body


class Batched(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a batch: the status that it would have had alone, and its body."""

    status: int
    body: msgspec.Raw


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of a batch, in the order of its commands."""

    answers: tuple[Batched, ...]


def encode_batch(parts: list[tuple[int, int, bytes]]) -> tuple[int, int, bytes]:
    """The answer of a whole batch: 200, whatever its commands were answered one by one."""
    answers = tuple(Batched(status=status, body=msgspec.Raw(body)) for status, _, body in parts)
    return 200, 0, _encode(Batch(answers=answers))
