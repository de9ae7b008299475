"""What clients of a served shop sent and were told, compared with what stands in its journal, line by line.

It reads the journal's bytes as they are stored and knows nothing of the engine: hashes, numbers and chains are computed
anew. Everything a client may find out is judged: a sale it was told of is there once, with the same number, leaf and
total; a sale it was told nothing of is there whole or not at all; nothing is there that nobody sent.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import lmdb
from workload import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

STORE = "store"
MAP_BYTES = 32 << 30
FINDINGS_MAX = 50
NOTES_KEPT = 3
UNIT = 100
"""A price of one cent in the journal's unit prices (1/10000 of the major unit)."""
PIECE = 1000
"""One piece in the journal's quantities (1/1000)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """One answer with status 200: where the sale is said to stand, and whether it is said to have been sold before."""

    seq: int
    leaf: str
    number: int
    total: int
    proof: str
    repeated: bool

    def same(self, other: Told) -> bool:
        """Whether two answers speak of one sale; a later one may be proven by a later checkpoint."""
        return (self.seq, self.leaf, self.number, self.total) == (other.seq, other.leaf, other.number, other.total)


@dataclasses.dataclass(slots=True)
class Sale:
    """A sale as its client knows it: noted before the first byte leaves, and with every answer there was."""

    id: str
    till: int
    cents: tuple[int, ...]
    answers: list[Told] = dataclasses.field(default_factory=list)
    refusals: list[str] = dataclasses.field(default_factory=list)
    sent: int = 0

    @property
    def total(self) -> int:
        """What its lines add up to."""
        return sum(self.cents)

    def body(self) -> bytes:
        """The command as JSON: always the same bytes, as a retry must be."""
        lines = [{"price": f"{cents // 100}.{cents % 100:02}"} for cents in self.cents]
        return json.dumps({"lines": lines, "payments": [{"mode": 2}]}).encode()

    def hear(self, status: int, body: bytes) -> bool:
        """Notes an answer; returns whether it settles the sale."""
        if status == 200:
            said = json.loads(body)
            record = said["records"][0]
            told = Told(said["seq"], said["leaf"], record["no"], record["total"], said["proof"], said["repeated"])
            self.answers.append(told)
            if said["id"] != self.id:
                self.refusals.append(f"answered as {said['id']}")
            return True
        if status not in (429, 503):
            self.refusals.append(f"{status} {body[:200]!r}")
        return False


class History:
    """All sales of all clients."""

    def __init__(self) -> None:
        self.sales: dict[str, Sale] = {}

    @property
    def acked(self) -> int:
        """Sales that were answered."""
        return sum(1 for sale in list(self.sales.values()) if sale.answers)

    def snapshot(self) -> list[Sale]:
        """The sales as they are now; clients go on while they are judged."""
        return [
            dataclasses.replace(sale, answers=list(sale.answers), refusals=list(sale.refusals))
            for sale in list(self.sales.values())
        ]


def read_entries(data: Path) -> list[bytes]:
    """The stored bytes of every entry in the order of their keys, from one snapshot of the store."""
    env = lmdb.open(str(data / STORE), readonly=True, max_dbs=16, map_size=MAP_BYTES, lib_version=0)
    try:
        with env.begin() as txn, txn.cursor(env.open_db(b"entries", txn=txn, create=False)) as cursor:
            return [bytes(value) for value in cursor.iternext(keys=False, values=True)]
    finally:
        env.close()


def judge(sales: Sequence[Sale], entries: Sequence[bytes], known: Mapping[str, Sale]) -> list[Finding]:
    """Everything that does not fit; ``sales`` were noted before ``entries`` were read, ``known`` are all up to now."""
    found: list[Finding] = []
    places: dict[str, _Place] = {}
    for place in _places(entries, found):
        if place.id in places:
            _say(found, Kind.DOUBLED, f"sale {place.id} is sold at {places[place.id].seq} and at {place.seq}")
        places[place.id] = place
        sale = known.get(place.id)
        if sale is None:
            _say(found, Kind.LEAKED, f"entry {place.seq} sells {place.id}, which nobody sent")
        elif (place.till, place.cents, place.total) != (sale.till, tuple(sorted(sale.cents)), sale.total):
            _say(found, Kind.UNDETECTED, f"entry {place.seq} is not what {place.id} asked for: {place}")
    _numbers(places.values(), found)
    for sale in sales:
        _answers(sale, places.get(sale.id), found)
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """A sale as it stands in the journal."""

    id: str
    seq: int
    leaf: str
    till: int
    number: int
    series: int
    total: int
    cents: tuple[int, ...]


def _say(found: list[Finding], kind: Kind, detail: str) -> None:
    if len(found) < FINDINGS_MAX:
        found.append(Finding(kind=kind, detail=detail))


def _places(entries: Sequence[bytes], found: list[Finding]) -> Iterator[_Place]:
    """The sales of the journal; its order, and the chain of every till's tickets, on the way."""
    ends: dict[tuple[int, str], tuple[int, str | None]] = defaultdict(lambda: (0, None))
    for expected, line in enumerate(entries):
        entry = json.loads(line)
        leaf = hashlib.sha256(b"\0" + line).hexdigest()
        if entry["seq"] != expected:
            _say(found, Kind.GAPS, f"entry {entry['seq']} stands where {expected} belongs")
        for link in entry["chain"]:
            chain = (entry["till"], link["of"])
            n, end = ends[chain]
            if link["n"] != n + 1:
                _say(found, Kind.GAPS, f"entry {expected}: {link['of']} {link['n']} of till {chain[0]} follows {n}")
            if link["prev"] != end:
                _say(found, Kind.CORRUPT, f"entry {expected} is not linked to the {link['of']} before it")
            ends[chain] = (link["n"], leaf)
        records = entry["rec"]
        if any(record["is"] == "sales.posted" for record in records):
            yield _place(entry, records, leaf, found)


def _place(entry: dict[str, Any], records: list[dict[str, Any]], leaf: str, found: list[Finding]) -> _Place:
    ticket = next(record for record in records if record["is"] == "sales.posted")
    paid = sum(leg["counted"] for leg in ticket["legs"])
    amounts = sum(line["a"] for line in ticket["lines"])
    if len(records) != 1 or not ticket["total"] == paid == amounts or ticket["due"] != 0:
        _say(found, Kind.CORRUPT, f"entry {entry['seq']} is half a sale: {paid} paid, lines of {amounts}")
    return _Place(
        id=entry["cmd"],
        seq=entry["seq"],
        leaf=leaf,
        till=entry["till"],
        number=ticket["no"],
        series=ticket["series"],
        total=ticket["total"],
        # Lines stand in an order of the engine's own.
        cents=tuple(sorted(line["u"] // UNIT for line in ticket["lines"] for _ in range(line["q"] // PIECE))),
    )


def _numbers(places: Any, found: list[Finding]) -> None:
    """Numbers of each series are 1, 2, 3 and so on in the order of the journal."""
    last: dict[int, int] = defaultdict(int)
    for place in places:
        if place.number != last[place.series] + 1:
            kind = Kind.DOUBLED if place.number <= last[place.series] else Kind.GAPS
            _say(found, kind, f"ticket {place.number} of series {place.series} follows {last[place.series]}")
        last[place.series] = place.number


def _answers(sale: Sale, place: _Place | None, found: list[Finding]) -> None:
    for refusal in sale.refusals:
        _say(found, Kind.CORRUPT, f"sale {sale.id} was refused: {refusal}")
    if not sale.answers:
        return
    first = sale.answers[0]
    if not all(first.same(other) for other in sale.answers):
        _say(found, Kind.DOUBLED, f"sale {sale.id} was answered in two ways: {sale.answers}")
    if sum(not told.repeated for told in sale.answers) > 1:
        _say(found, Kind.DOUBLED, f"sale {sale.id} was answered twice as if it were new")
    if place is None:
        _say(found, Kind.LOST, f"sale {sale.id} was acknowledged as {first.seq} and is not there")
    elif (first.seq, first.leaf, first.number, first.total) != (place.seq, place.leaf, place.number, place.total):
        _say(found, Kind.UNDETECTED, f"sale {sale.id} was acknowledged as {first}, and stands as {place}")


def notes_of(sales: Sequence[Sale]) -> list[str]:
    """The signed checkpoints that clients remember, newest last: what finds a journal that was cut off at its end."""
    told = sorted((told for sale in sales for told in sale.answers), key=lambda told: told.seq)
    return [each.proof.partition("\n\n")[2] for each in told[-NOTES_KEPT:]]
