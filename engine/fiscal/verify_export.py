"""Checks an exported journal with nothing but Python's standard library: ``python verify_export.py EXPORT``.

One file; signatures need the package ``cryptography``. It computes anew every leaf, chain, number, total, closure and
root, prints every break and a verdict, and ends with 0 (all proven), 1 (broken) or 2 (not checked, or not wholly).
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # the verdict then says that signatures were not checked
    Ed25519PublicKey = None  # type: ignore[assignment,misc]  # asked before every use

Json = dict[str, Any]
HEADER = ["v", "shop", "gen", "seq", "till", "op", "cmd", "mac", "at", "zone", "conf", "soft", "training", "about"]
HEADER += ["salt", "chain", "rec"]
CHAINED = {"sales.posted": "ticket", "sales.refunded": "ticket", "sales.paid": "payment", "sales.copied": "copy"}
CHAINED |= {"cash.opened": "cash", "cash.closed": "closure", "kernel.event": "event"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d(:\d\d)?")


class Report:
    """Breaks as they are found, written at once; ``unsigned`` tells that signatures could not be checked."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.count, self.unsigned = out, 0, False

    def say(self, text: str, *, broken: bool = False) -> None:
        """A line for whoever reads along."""
        self.count += broken
        self.out.write(f"BROKEN  {text}\n" if broken else f"{text}\n")


def lines_of(path: str, name: str) -> Iterator[bytes]:
    """The lines of a file of an export, which is a directory or a ZIP."""
    zipped = zipfile.is_zipfile(path)
    with zipfile.Path(path, name).open("rb") if zipped else Path(path).joinpath(name).open("rb") as stream:
        yield from stream


def join(left: bytes, right: bytes) -> bytes:
    """RFC 6962: the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The growing tree: a stack of (number of leaves, hash) of its perfect subtrees, largest first."""

    def __init__(self) -> None:
        self.stack: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """Appends one leaf."""
        width, node = 1, leaf
        while self.stack and self.stack[-1][0] == width:
            node = join(self.stack.pop()[1], node)
            width *= 2
        self.stack.append((width, node))
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.stack:
            return hashlib.sha256(b"").digest()
        node = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            node = join(left, node)
        return node


def root_of_proof(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3: the root that an inclusion proof leads to; no root where it has the wrong length."""
    if size == 1 or not hashes:
        return leaf if size == 1 and not hashes else b"wrong length"
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return join(root_of_proof(leaf, index, half, hashes[:-1]), hashes[-1])
    return join(hashes[-1], root_of_proof(leaf, index - half, size - half, hashes[:-1]))


def parse_vkey(text: str) -> tuple[str, bytes, bytes]:
    """(name, key id, public key) of a vkey line; ValueError where it is none."""
    name, identifier, encoded = text.split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    right = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if data[:1] != b"\x01" or len(data) != 33 or identifier != right.hex():
        raise ValueError(f"{text!r} is no Ed25519 public key, or its key id is wrong")
    return name, right, data[1:]


def parse_note(note: str) -> tuple[str, str, int, bytes, list[tuple[str, bytes, bytes]]]:
    """(text, origin, size, root, [(name, key id, signature)]) of a signed checkpoint; ValueError where it is none."""
    text, blank, below = note.rpartition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) < 3 or not below.endswith("\n"):
        raise ValueError("this is no signed checkpoint")
    size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    if str(size) != lines[1] or len(root) != 32:
        raise ValueError("a checkpoint's size or root is malformed")
    signatures = []
    for line in below[:-1].split("\n"):
        name, data = line.removeprefix("\u2014 ").split(" ")
        raw = base64.b64decode(data, validate=True)
        signatures.append((name, raw[:4], raw[4:]))
    return text + "\n", lines[0], size, root, signatures


def signed_by(note: str, vkey: str) -> bool | None:
    """Whether a vkey's holder signed a note; None where signatures cannot be checked here."""
    text, _, _, _, signatures = parse_note(note)
    name, identifier, public = parse_vkey(vkey)
    found = [raw for who, which, raw in signatures if (who, which) == (name, identifier)]
    if not found or Ed25519PublicKey is None:
        return None if found else False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(found[0], text.encode())
    except InvalidSignature:
        return False
    return True


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > 2**53 - 1:
        raise ValueError(f"{text} is not an exact integer")
    return number


# int() takes neither fractions nor exponents nor NaN, so each of them makes an entry malformed.
_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=int, parse_constant=int)


def parse_entry(line: bytes) -> Json:
    """An entry's object, if the line is the one canonical form of it; ValueError says why it is not."""
    text = line.decode("utf-8")
    entry = _DECODER.decode(text)
    if not isinstance(entry, dict) or list(entry) != HEADER:
        raise ValueError("it has not the fields of an entry in their order")
    if json.dumps(entry, ensure_ascii=False, separators=(",", ":")) != text:
        raise ValueError("it is not in canonical form")
    if not unicodedata.is_normalized("NFC", text) or not TIME.fullmatch(entry["at"]):
        raise ValueError(f"its text is not in Unicode normal form C, or {entry['at']!r} is no time")
    return entry


def nearest(numerator: int, denominator: int) -> int:
    """A quotient to the nearest whole number, halves away from zero."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient


def ticket_problems(ticket: Json) -> Iterator[str]:
    """Every sum of a ticket that does not fit, in words."""
    lines, rates, gross = ticket["lines"], ticket["rates"], ticket["basis"] == "gross"
    amount, vat, granted, costs = Counter[int](), Counter[int](), Counter[int](), Counter(dict(ticket.get("costs", ())))
    for line in lines:
        shares = sum(share for _, share in line["x"])
        if line["a"] != line["b"] + shares:
            yield f"line {line['id']}: base {line['b']} and discounts {shares} do not make {line['a']}"
        if ticket["is"] == "sales.posted" and line["b"] != nearest(line["u"] * line["q"], 10 ** (7 - ticket["dec"])):
            yield f"line {line['id']}: unit price {line['u']} times quantity {line['q']} is not {line['b']}"
        amount[line["r"]] += line["a"]
        vat[line["r"]] += line["t"]
        for index, share in line["x"]:
            granted[index] += share
    if set(amount) - set(range(len(rates))) or set(granted) - set(range(len(ticket["disc"]))):
        yield "a line names a rate or a discount that the ticket does not hold"
    for index, rate in enumerate(rates):
        base = rate["g"] if gross else rate["n"]
        if amount[index] != base or vat[index] != rate["v"] or rate["n"] + rate["v"] != rate["g"]:
            yield f"VAT rate {rate['r']}: the lines make {amount[index]} and VAT {vat[index]}, it says {rate}"
        right = nearest(base * rate["r"], 100_000 + rate["r"] * gross)
        if rate.get("s") == "margin":  # of what each line brings beyond its cost (CGI art. 297 A)
            own = [(line["id"], line["a"] + line["t"] * (not gross)) for line in lines if line["r"] == index]
            right = sum(nearest(max(0, sale - costs[id]) * rate["r"], 100_000 + rate["r"]) for id, sale in own)
        if ticket["is"] == "sales.posted" and rate["v"] != right:
            yield f"VAT rate {rate['r']} of {base} is not {rate['v']}"
    for index, discount in enumerate(ticket["disc"]):
        if granted[index] != discount["granted"]:
            yield f"discount {index} gave {granted[index]} on the lines, {discount['granted']} is said"
    if sum(rate["g"] for rate in rates) != ticket["total"] or ticket["items"] != len(lines):
        yield f"its rates do not make the total {ticket['total']}, or it has not {ticket['items']} lines"
    if sum(leg["counted"] + leg["rounding"] for leg in ticket["legs"]) + ticket["due"] != ticket["total"]:
        yield f"payments and what is due do not make the total {ticket['total']}"
    yield from leg_problems(ticket["legs"])


def leg_problems(legs: list[Json]) -> Iterator[str]:
    """Every payment whose parts do not make what was tendered."""
    for leg in legs:
        if leg["tendered"] != leg["counted"] + leg["change"] + leg["tip"] + leg["kept"]:
            yield f"a payment of {leg['tendered']} is not the sum of its parts"


class Sessions:
    """What every till's session holds, counted from tickets and payments alone."""

    def __init__(self) -> None:
        self.now: dict[int, Json] = {}
        self.perpetual, self.absolute, self.ids = Counter[int](), Counter[int](), set[str]()
        self.before: Json = {}

    def problems(self, entry: Json, record: Json) -> Iterator[str]:
        """Takes one record; yields what does not fit, for closures every figure that the count contradicts."""
        kind, till = record["is"], entry["till"]
        if kind == "cash.opened":
            before = self.now.get(till)
            if (before and before["open"]) or record["session"] != (before["session"] if before else 0) + 1:
                yield f"session {record['session']} does not follow the till's session before it"
            self.now[till] = record | {"open": True, "opened": entry["at"], "first": 0, "last": 0, "sum": Counter()}
            return
        now = self.now.get(till)
        if now is None or not now["open"] or now["session"] != record["session"]:
            yield f"session {record['session']} is not open on this till"
            return
        if kind == "cash.closed":
            yield from self._closing(till, now, record)
            now["open"] = False
            return
        sums = now["sum"]
        for leg in record["legs"]:
            for name in ("tip", "kept", "rounding"):
                sums[name] += leg[name]
            sums["held", leg["mode"]] += leg["tendered"] - leg["change"]
            self._add(sums, "modes", leg["mode"], leg["counted"])
        if kind != "sales.paid":
            self._ticket(entry, record, now, sums)
        else:
            sums["due"] -= sum(leg["counted"] + leg["rounding"] for leg in record["legs"])

    def _add(self, sums: Counter[Any], name: str, which: int, amount: int) -> None:
        sums[name, which, "count"] += 1
        sums[name, which, "amount"] += amount

    def _ticket(self, entry: Json, record: Json, now: Json, sums: Counter[Any]) -> None:
        total, now["first"], now["last"] = record["total"], now["first"] or record["no"], record["no"]
        sums.update(tickets=1, refunds=record["is"] == "sales.refunded", turnover=total, due=record["due"])
        self._add(sums, "channels", record["mode"], total)
        self._add(sums, "operators", entry["op"], total)
        for line in record["lines"]:
            self._add(sums, "departments", line["d"] or 0, line["a"])
        for rate in record["rates"]:
            for part in "gvn":
                sums["vat", rate["c"], rate["deposit"], rate["r"], part] += rate[part]
        if not entry["training"]:
            self.perpetual[entry["till"]] += total
            self.absolute[entry["till"]] += abs(total)

    def _closing(self, till: int, now: Json, record: Json) -> Iterator[str]:
        sums = now["sum"]
        wanted = {name: sums[name] for name in ("tickets", "refunds", "turnover", "kept", "rounding", "due")}
        wanted |= {"tips": sums["tip"], "perpetual": self.perpetual[till], "absolute": self.absolute[till]}
        wanted |= {name: now[name] for name in ("opened", "training", "first", "last")}
        for name in ("modes", "departments", "channels", "operators"):
            keys = sorted({key[:2] for key in sums if key[0] == name})
            wanted[name] = [{"id": key[1]} | {p: sums[*key, p] for p in ("count", "amount")} for key in keys]
        keys = sorted({key[:4] for key in sums if key[0] == "vat"})
        named = [dict(zip(("c", "deposit", "r"), key[1:], strict=True)) for key in keys]
        wanted["vat"] = [of | {p: sums[*key, p] for p in "gvn"} for of, key in zip(named, keys, strict=True)]
        for name, value in wanted.items():
            if record[name] != value:
                yield f"the closure says {name} {record[name]}, the records make {value}"
        cash = [count["mode"] for count in record["counts"] if count["type"] == "cash"]
        for count in record["counts"]:
            expected = sums["held", count["mode"]] + (now["float_in"] if cash and count["mode"] == min(cash) else 0)
            if count["expected"] != expected or count["variance"] != count["counted"] - expected:
                yield f"the closure expects {count['expected']} of mode {count['mode']}, the records make {expected}"


class Log:
    """One generation of the journal while its entries pass; ``series`` and ``sessions`` go on over generations."""

    def __init__(self, shop: str, gen: int, report: Report, sessions: Sessions, series: dict[int, Any]) -> None:
        self.origin = f"guichet/{shop}" if gen == 1 else f"guichet/{shop}/{gen}"
        self.shop, self.gen, self.report, self.sessions, self.series = shop, gen, report, sessions, series
        self.tree, self.vkeys, self.key, self.next_key = Tree(), list[str](), 1, 0
        self.chains: dict[tuple[int, str, bool], tuple[int, str]] = {}
        self.ids = sessions.ids
        self.tickets = self.checkpoints = self.failed = 0

    def broken(self, what: str, seq: int | None = None) -> None:
        """A break at an entry of this log, the one that comes next if none is named."""
        place = self.tree.size if seq is None else seq
        self.report.say(f"generation {self.gen}, entry {place}: {what}", broken=True)

    def take(self, line: bytes, wanted: dict[int, bytes]) -> None:
        """One entry: its leaf enters the tree, whatever is wrong with it."""
        leaf = hashlib.sha256(b"\x00" + line).digest()  # RFC 6962
        try:
            entry = parse_entry(line)
            self._header(entry)
            self._links(entry, leaf)
            for record in entry["rec"]:
                self._record(entry, record)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            self.broken(f"the entry is malformed: {error}")
        if self.tree.size in wanted:
            wanted[self.tree.size] = leaf
        self.tree.add(leaf)

    def _header(self, entry: Json) -> None:
        right = {"v": 1, "shop": self.shop, "gen": self.gen, "seq": self.tree.size}
        for name, value in right.items():
            if entry[name] != value:
                self.broken(f"it says {name} {entry[name]!r} where {value!r} belongs")
        if entry["mac"] != "0" * 32 and entry["cmd"] in self.ids:
            self.broken(f"the command id {entry['cmd']} was used before")
        self.ids.add(entry["cmd"])

    def _links(self, entry: Json, leaf: bytes) -> None:
        kinds = [CHAINED[record["is"]] for record in entry["rec"] if record["is"] in CHAINED]
        if kinds != [link["of"] for link in entry["chain"]]:
            self.broken(f"it links {[link['of'] for link in entry['chain']]} and holds {kinds}")
        for link in entry["chain"]:
            name = (entry["till"], link["of"], entry["training"])
            number, before = self.chains.get(name) or (0, None)
            if link["n"] != number + 1:
                self.broken(f"chain {name}: number {link['n']} follows {number}")
            if link["prev"] != before:
                self.broken(f"chain {name}: it does not name the entry before it ({before})")
            self.chains[name] = (link["n"], leaf.hex())

    def _record(self, entry: Json, record: Json) -> None:
        kind = record["is"]
        problems: list[str] = []
        if kind in ("kernel.genesis", "kernel.key_rotated"):
            first = kind == "kernel.genesis"
            if first != (self.tree.size == 0) or parse_vkey(record["vkey"])[0] != self.origin:
                problems.append(f"{kind} does not belong here, or its key is not one of {self.origin}")
            if record.get("version", 1) != len(self.vkeys) + 1:
                problems.append(f"key {record.get('version', 1)} follows key {len(self.vkeys)}")
            if first and {**(record["before"] or {}), "known": 0} != {**self.sessions.before, "known": 0}:
                problems.append(f"it follows {record['before']}, the log before it is {self.sessions.before}")
            self.vkeys.append(record["vkey"])
            self.next_key = 0 if first else record["version"]
        elif kind in ("sales.posted", "sales.refunded"):
            self.tickets += 1
            no, name, training = record["no"], record["series"], entry["training"]
            last = self.series.get(name, (0, training))
            if (no, training) != (last[0] + 1, last[1]):
                problems.append(f"number {no} of series {name} follows number {last[0]}")
            self.series[name] = (no, training)
            problems.extend(ticket_problems(record))
        elif kind == "sales.paid":
            problems.extend(leg_problems(record["legs"]))
        if kind in CHAINED and kind not in ("sales.copied", "kernel.event"):
            problems.extend(self.sessions.problems(entry, record))
        for problem in problems:
            self.broken(problem)

    def notes(self, stream: Iterator[bytes]) -> Iterator[Json]:
        """The stored checkpoints that can be read; the others are breaks."""
        for line in stream:
            try:
                stored = json.loads(line)
                yield stored | {
                    "said": parse_note(stored["note"]),
                    "size": int(stored["size"]),
                    "key": int(stored["key"]),
                }
            except (ValueError, KeyError, TypeError) as error:
                self.broken(f"a checkpoint behind this entry is malformed: {error}")

    def checkpoint(self, stored: Json) -> None:
        """Compares one stored checkpoint with the tree as it stands."""
        self.checkpoints += 1
        size = self.tree.size
        _, origin, said, root, _ = stored["said"]
        if (origin, said, stored["size"]) != (self.origin, size, size) or stored["key"] != self.key:
            self.broken(f"the checkpoint of {origin} over {said} entries, key {stored['key']}", size - 1)
        if root != self.tree.root():
            self.failed += 1
            if self.failed == 1:
                self.broken(f"the signed root over {size} entries is not that of the entries", size - 1)
        vkey = self.vkeys[stored["key"] - 1] if 0 < stored["key"] <= len(self.vkeys) else None
        verified = False if vkey is None else signed_by(stored["note"], vkey)
        if verified is None:
            self.report.unsigned = True
        elif not verified:
            self.broken(f"the checkpoint over {size} entries is not signed by its key", size - 1)
        self.key, self.next_key = self.next_key or self.key, 0


def check_log(path: str, log: Log, outside: dict[tuple[str, int], set[bytes]], wanted: dict[int, bytes]) -> None:
    """Streams one generation: entries one by one, and behind each the checkpoint that ends with it, if there is one."""
    notes = log.notes(lines_of(path, f"generation-{log.gen}/checkpoints.ndjson"))
    stored = next(notes, None)
    sealed = 0
    for line in lines_of(path, f"generation-{log.gen}/entries.ndjson"):
        log.take(line.removesuffix(b"\n"), wanted)
        size = log.tree.size
        while stored is not None and stored["size"] <= size:
            log.checkpoint(stored)
            sealed, stored = stored["size"], next(notes, None)
        if (log.origin, size) in outside and outside.pop((log.origin, size)) != {log.tree.root()}:
            log.broken("a checkpoint from outside over these entries has another root: history was changed", size - 1)
    if log.failed > 1:
        log.broken(f"nor do {log.failed - 1} later checkpoints fit the entries", log.tree.size - 1)
    if sealed < log.tree.size:
        log.broken(f"no checkpoint covers entries {sealed} and later", sealed)
    for late in [stored, *notes] if stored is not None else []:
        log.broken(f"a checkpoint covers {late['size']} entries: later entries are missing", log.tree.size - 1)


def check_receipt(text: str, logs: dict[str, Log], wanted: dict[str, dict[int, bytes]], report: Report) -> None:
    """One receipt's proof (C2SP tlog-proof): its entry is in the journal, and its checkpoint is one of this log."""
    index, hashes, note = parse_proof(text)
    _, origin, size, root, _ = parse_note(note)
    where = f"receipt of entry {index} of {origin}"
    leaf = wanted.get(origin, {}).get(index)
    problem = ""
    if not leaf or origin not in logs:
        problem = "the journal holds no such entry"
    elif root_of_proof(leaf, index, size, hashes) != root:
        problem = "the entry in the journal is not the one that the receipt was given for"
    elif not {True, None} & {signed_by(note, vkey) for vkey in logs[origin].vkeys}:
        problem = "its checkpoint is not signed by a key of this journal"
    report.say(f"{where}: {problem or 'proven'}", broken=bool(problem))


def parse_proof(text: str) -> tuple[int, list[bytes], str]:
    """(index, hashes, signed note) of a tlog-proof text; ValueError where it is none."""
    head, _, note = text.partition("\n\n")
    lines = [line for line in head.split("\n") if not line.startswith("extra ")]
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1:] or not lines[1].startswith("index "):
        raise ValueError("this is no receipt's proof")
    return int(lines[1][6:]), [base64.b64decode(line, validate=True) for line in lines[2:]], note


def verify(path: str, checkpoints: list[str], receipts: list[str], report: Report) -> int:
    """Checks a whole export against checkpoints and receipts from outside (their texts); returns the exit code."""
    outside: dict[tuple[str, int], set[bytes]] = {}
    wanted: dict[str, dict[int, bytes]] = {}
    for text in receipts:
        index, _, note = parse_proof(text)
        wanted.setdefault(parse_note(note)[1], {})[index] = b""
    for note in [*checkpoints, *[parse_proof(text)[2] for text in receipts]]:
        outside.setdefault(parse_note(note)[1:3], set()).add(parse_note(note)[3])
    sessions, series, logs = Sessions(), dict[int, Any](), dict[str, Log]()
    try:
        manifest = json.loads(b"".join(lines_of(path, "manifest.json")))
        for one in manifest["generations"]:
            log = Log(manifest["shop"], one["gen"], report, sessions, series)
            logs[log.origin] = log
            check_log(path, log, outside, wanted.get(log.origin, {}))
            sessions.before = {"gen": log.gen, "size": log.tree.size, "root": log.tree.root().hex()}
            if {name: one[name] for name in sessions.before} != sessions.before:
                log.broken(f"the manifest says {one['size']} entries and root {one['root']}", log.tree.size - 1)
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, OSError) as error:
        raise ValueError(f"the export cannot be read: {error!r}") from error
    for origin, size in outside:
        report.say(f"{origin}: a checkpoint covers {size} entries, which are not there: truncated", broken=True)
    for note in checkpoints:
        origin, size = parse_note(note)[1:3]
        if origin not in logs or not {True, None} & {signed_by(note, vkey) for vkey in logs[origin].vkeys}:
            report.say(f"{origin}: the checkpoint from outside over {size} entries has another key", broken=True)
    for text in receipts:
        check_receipt(text, logs, wanted, report)
    for log in logs.values():
        counts = f"{log.tree.size} entries, {log.tickets} tickets, {log.checkpoints} checkpoints"
        report.say(f"{log.origin}: {counts}, root {base64.b64encode(log.tree.root()).decode()}")
    if not checkpoints and not receipts:
        report.say("No checkpoint from outside was given: entries cut off at the end cannot be found without one.")
    proven = "PROVEN. Every entry, number, chain, total, root and signature fits."
    unsigned = "INCOMPLETE. All else is proven, but signatures were NOT checked: install cryptography."
    verdict = f"BROKEN. {report.count} breaks were found; they are listed above." if report.count else proven
    report.say(f"VERDICT: {unsigned if report.unsigned and not report.count else verdict}")
    return 1 if report.count else 2 if report.unsigned else 0


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Checks an exported journal.", epilog="Ends with 0, 1 or 2.")
    parser.add_argument("export", help="the directory or ZIP")
    parser.add_argument("--checkpoint", action="append", default=[], help="a signed checkpoint that left the shop")
    parser.add_argument("--receipt", action="append", default=[], help="the proof text of a receipt")
    given = parser.parse_args(arguments)
    try:
        texts = [[Path(name).read_text("utf-8") for name in names] for names in (given.checkpoint, given.receipt)]
        return verify(given.export, texts[0], texts[1], Report(sys.stdout))
    except (ValueError, OSError) as error:
        sys.stdout.write(f"VERDICT: NOT CHECKED. {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
