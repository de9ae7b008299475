"""What does sealing cost? Canonical bytes, leaves, appending, proofs, verification and the signature, in units of S.

S is the time of one bare SHA-256 of 1 KB, probed in the same run. Every figure is the best of many short slices,
because other work on the machine only ever adds time; nothing here touches a disk, and entries to verify lie in
memory. ``python -m benchmarks.bench_seal`` prints the table.
"""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable
from typing import Any

import msgspec

from engine.kernel import notes
from engine_ext import canonical, merkle, seal

SLICES = 60
SLICE_SECONDS = 0.002
ENTRY_BYTES = 1024
TREE_SIZE = 1_000_000
VERIFY_ENTRIES = 1024
VERIFY_GOAL_S = 1 / 0.6


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ticket that is encoded."""

    no: int
    product: str
    label: str
    department: str
    quantity: int
    unit: int
    rate: int
    gross: int
    discount: int
    net: int
    vat: int
    note: str | None = None
    options: list[str] = []


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of one VAT rate."""

    rate: int
    net: int
    vat: int
    gross: int


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment leg."""

    mode: str
    amount: int
    tip: int
    reference: str | None = None


class Ticket(msgspec.Struct, frozen=True, kw_only=True, tag="ticket", tag_field="t"):
    """A sale of five lines at two rates, with a discount and one payment."""

    chain: int
    number: int
    previous: str
    mode: str
    lines: list[Line]
    rates: list[Rate]
    payments: list[Payment]
    total: int
    discount: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A stand-in for the journal's entry: the same kind and number of fields, whatever their final names."""

    v: int
    shop: str
    gen: int
    seq: int
    till: int
    op: str
    cmd: str
    mac: str
    at: str
    zone: str
    conf: int
    soft: str
    training: bool
    salt: str
    about: str | None
    records: list[Ticket]


def entry() -> Entry:
    """The ticket that is the same in every benchmark of the house: 5 lines, 2 rates, one discount, one payment."""
    labels = ["Café crème", "Demi blonde 25 cl", "Croque-monsieur", "Tarte aux pommes", "Eau minérale 50 cl"]
    lines = [
        Line(
            no=number,
            product=f"p{number:05d}",
            label=label,
            department="boissons",
            quantity=1000 * number,
            unit=35_000,
            rate=10_000 if number < 4 else 20_000,
            gross=350 * number,
            discount=35 * number,
            net=286 * number,
            vat=29 * number,
        )
        for number, label in enumerate(labels, 1)
    ]
    ticket = Ticket(
        chain=123_456,
        number=123_460,
        previous=hashlib.sha256(b"previous").hexdigest(),
        mode="eat_in",
        lines=lines,
        rates=[Rate(rate=rate, net=2000, vat=200, gross=2200) for rate in (10_000, 20_000)],
        payments=[Payment(mode="cash", amount=4725, tip=0)],
        total=4725,
        discount=525,
    )
    return Entry(
        v=1,
        shop="0195e0c1a2b37c4d8e9f0a1b2c3d4e5f",
        gen=0,
        seq=1_234_567,
        till=3,
        op="marie",
        cmd="0195e0c1a2b37c4d8e9f0a1b2c3d4e60",
        mac="0f" * 16,
        at="2026-11-21T18:05:09.123+01:00",
        zone="Europe/Paris",
        conf=17,
        soft="0.1.0",
        training=False,
        salt="5a" * 16,
        about=None,
        records=[ticket],
    )


def best(action: Callable[[], object], per_call: int = 1) -> float:
    """Nanoseconds of one of the ``per_call`` operations in ``action``: the best of SLICES slices of SLICE_SECONDS."""
    action()
    began = time.perf_counter()
    action()
    calls = max(1, int(SLICE_SECONDS / max(time.perf_counter() - began, 1e-9)))
    fastest = float("inf")
    for _ in range(SLICES):
        began = time.perf_counter_ns()
        for _ in range(calls):
            action()
        fastest = min(fastest, (time.perf_counter_ns() - began) / calls)
    return fastest / per_call


def _tree() -> dict[str, float]:
    leaves = [hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(256)]
    stored = b"".join(leaves[: TREE_SIZE.bit_count()])
    entries = [number.to_bytes(32, "big") * (ENTRY_BYTES // 32) for number in range(VERIFY_ENTRIES)]
    group = merkle.Edge(TREE_SIZE, stored).append(leaves[:64])
    proof, root, leaf = group.inclusion(40), group.root, group.leaf(40)
    checked = merkle.verify_inclusion(leaf, TREE_SIZE + 40, group.new_size, proof, root)
    assert checked, "a proof that does not verify must not be timed"
    return {
        "append a group of 64 leaves": best(lambda: merkle.Edge(TREE_SIZE, stored).append(leaves[:64])),
        "append a group of 256 leaves": best(lambda: merkle.Edge(TREE_SIZE, stored).append(leaves)),
        "inclusion proof, list": best(lambda: group.inclusion(40)),
        "inclusion proof, text": best(lambda: group.inclusion_text(40)),
        "verify an inclusion proof": best(
            lambda: merkle.verify_inclusion(leaf, TREE_SIZE + 40, TREE_SIZE + 64, proof, root)
        ),
        "verify one 1 KB entry (hash and tree)": best(lambda: merkle.Edge().append_entries(entries), VERIFY_ENTRIES),
    }


def _texts() -> dict[str, float]:
    signer = notes.Signer.from_seed("guichet/bench", bytes(range(32)))
    root = hashlib.sha256(b"root").digest()
    text = notes.checkpoint_text("guichet/bench", TREE_SIZE, root)
    message = text.encode()
    note = signer.note(text)
    lines = "".join("A" * 43 + "=\n" for _ in range(20))
    return {
        "Ed25519 signature of a checkpoint": best(lambda: signer.sign(message)),
        "signed checkpoint, text and signature": best(
            lambda: signer.note(notes.checkpoint_text("guichet/bench", TREE_SIZE, root))
        ),
        "open a signed checkpoint": best(lambda: notes.open_note(note, [signer.key])),
        "proof text of an answer": best(lambda: notes.proof_text_of_lines(TREE_SIZE, lines, note)),
    }


def run() -> dict[str, Any]:
    """All figures: nanoseconds and multiples of S; ``verify_goal`` is G13's 0.6 S per core, as time of one entry."""
    ticket = entry()
    data = bytes(range(256)) * (ENTRY_BYTES // 256)
    key = bytes(32)
    gc.disable()
    try:
        probe = best(lambda: seal.sha256_repeated(data, 200), 200)
        figures = {
            "SHA-256 of 1 KB (S)": probe,
            "canonical bytes of a 5-line ticket": best(lambda: canonical.encode(ticket)),
            "msgspec.json.encode of the same": best(lambda: msgspec.json.encode(ticket)),
            "leaf of 1 KB": best(lambda: seal.leaf_hash(data)),
            "content MAC of 600 bytes": best(lambda: seal.content_mac(key, data[:600])),
            **_tree(),
            **_texts(),
        }
    finally:
        gc.enable()
    verify = figures["verify one 1 KB entry (hash and tree)"] / probe
    return {
        "bench": "seal",
        "entry_bytes": len(canonical.encode(ticket)),
        "proof_hashes": len(
            merkle.Edge(TREE_SIZE, bytes(32 * TREE_SIZE.bit_count())).append([bytes(32)] * 64).inclusion(40)
        ),
        "ns": figures,
        "in_S": {name: value / probe for name, value in figures.items()},
        "canonical_to_msgspec": figures["canonical bytes of a 5-line ticket"]
        / figures["msgspec.json.encode of the same"],
        "verify_goal": {"at_most_S": VERIFY_GOAL_S, "S": verify, "met": verify <= VERIFY_GOAL_S},
    }


def main() -> None:
    """Print the figures as a table."""
    result = run()
    for name, value in result["ns"].items():
        print(f"{name:42} {value / 1000:10.3f} µs {result['in_S'][name]:8.2f} S")
    goal = result["verify_goal"]
    print(f"the entry has {result['entry_bytes']} bytes; canonical / msgspec = {result['canonical_to_msgspec']:.2f}")
    outcome = "met" if goal["met"] else "missed"
    print(f"verification: {goal['S']:.2f} S an entry, goal at most {goal['at_most_S']:.2f}: {outcome}")
    print(f"the proof has {result['proof_hashes']} hashes: group of 64 in a tree of {TREE_SIZE:,} entries")


if __name__ == "__main__":
    main()
