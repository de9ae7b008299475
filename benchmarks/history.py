"""Holds what clients were told against what the journal says: nothing lost, nothing twice, no gap."""

import dataclasses
import itertools
from collections import Counter
from pathlib import Path

import msgspec

from engine.engine import Reader, check
from engine.features import FEATURES
from engine.kernel.messages import Link


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of its entry."""

    id: str
    seq: int
    leaf: str
    repeated: bool


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says of its command and of its place on its chains."""

    seq: int
    till: int
    cmd: str
    chain: tuple[Link, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many answers were held against the journal, and what was wrong."""

    told: int
    repeated: int
    lost: int
    doubled: int
    gaps: int
    broken: int


def read_answers(path: Path) -> list[Told]:
    """The answers that a load generator has kept, one a line."""
    return [msgspec.json.decode(line, type=Told) for line in path.read_bytes().splitlines()]


def judge(shop: Path, answers: list[Told]) -> Verdict:
    """Reads the whole journal: every answer's entry is there, no command is there twice, no number is missing."""
    by_seq: dict[int, str] = {}
    commands: Counter[str] = Counter()
    last: dict[tuple[int, str], int] = {}
    gaps = 0
    with Reader(shop, FEATURES) as reader, reader.store.read() as txn:
        for _, data in txn.scan("entries", b"", b"\xff" * 9):
            kept = msgspec.json.decode(data, type=_Kept)
            by_seq[kept.seq] = kept.cmd
            commands[kept.cmd] += 1
            for link in kept.chain:
                gaps += link.n != last.get((kept.till, link.of), 0) + 1
                last[kept.till, link.of] = link.n
    sequences = sorted(by_seq)
    gaps += sum(after != before + 1 for before, after in itertools.pairwise(sequences))
    places: dict[str, set[tuple[int, str]]] = {}
    for told in answers:
        places.setdefault(told.id, set()).add((told.seq, told.leaf))
    return Verdict(
        told=len(answers),
        repeated=sum(told.repeated for told in answers),
        lost=sum(by_seq.get(told.seq) != told.id for told in answers),
        doubled=sum(count - 1 for count in commands.values()) + sum(len(found) - 1 for found in places.values()),
        gaps=gaps,
        broken=check(shop).broken,
    )
