"""A crowd at the demo shop's tills: sells, refunds, pays later and copies, and keeps books of its own to compare."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from server.demo.baskets import (
    CARD,
    CASH,
    MAY_LEAVE_DUE,
    MAY_REFUND,
    PLACES,
    Body,
    Customers,
    Place,
    read_shelf,
)

MANAGER = 2
FLOAT_CENTS = 15_000
REFUNDS_SHARE = 0.03
COPIES_SHARE = 0.02
REPEATS_SHARE = 0.01
REFUNDABLE_KEPT_MAX = 400  # tickets that the crowd remembers to bring something back of
Step = Callable[[int], None]
"""Called with the number of tickets sold since it was called last."""


@dataclasses.dataclass(slots=True)
class Books:
    """What the crowd itself has counted at one till."""

    tickets: int = 0
    refunds: int = 0
    turnover: int = 0
    due: int = 0
    held: dict[int, int] = dataclasses.field(default_factory=dict)
    vat: dict[tuple[int, int], list[int]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Outcome:
    """What the crowd did: counts, cents, how long each answer took in nanoseconds, and all that was not right."""

    tickets: int = 0
    refunds: int = 0
    paid_later: int = 0
    copies: int = 0
    repeats: int = 0
    lines: int = 0
    turnover: int = 0
    answers_ns: list[int] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)
    receipt_no: int = 0


@dataclasses.dataclass(slots=True)
class Wish:
    """One command on its way: who sends it where, under which id, and what the crowd expects of its answer."""

    place: Place
    operator: int
    name: str
    body: Body
    id: bytes
    total: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """What a till heard: whether it was done, its first record (fields as attributes), or why not; how long it took."""

    done: bool
    repeated: bool = False
    record: Any = None
    why: str = ""
    ns: int = 0


class Counter(Protocol):
    """The shop as its tills reach it."""

    def ask(self, name: str, body: Body, till: int, operator: int) -> Any:
        """A query's answer, fields as attributes."""

    def send(self, wishes: Sequence[Wish]) -> list[Heard]:
        """Sends commands, those of different tills at once and those of one till in their order; all their answers."""


@dataclasses.dataclass(slots=True)
class _Sold:
    """A ticket that somebody may bring back: its number, and what is left of its lines in thousandths."""

    no: int
    left: dict[int, int]


class Crowd:
    """Customers at all tills at once, one command in flight at each."""

    def __init__(self, counter: Counter, seed: int) -> None:
        self._counter = counter
        first = PLACES[0]
        self._customers = Customers(
            seed, read_shelf(lambda name, body: counter.ask(name, body, first.till, first.operators[0]))
        )
        self._chance = self._customers.chance
        self._books = {place.till: Books() for place in PLACES}
        self._sold: list[_Sold] = []
        self._due: list[int] = []
        self._worth = 0
        self.outcome = Outcome()

    def open_tills(self) -> None:
        """Every till is opened with its float."""
        self._send([self._wish(place, "cash.open", {"float_in": FLOAT_CENTS}) for place in PLACES])

    def sell(self, tickets: int, step: Step) -> Outcome:
        """Sells ``tickets`` tickets in all, with everything that happens to them in between."""
        outcome = self.outcome
        while outcome.tickets < tickets and not outcome.problems:
            before = outcome.tickets
            missing = tickets - before
            self._send([wish for place in PLACES[:missing] for wish in self._wishes(place)])
            step(outcome.tickets - before)
        while self._due and not outcome.problems:
            self._send([self._pay(place) for place in PLACES[: len(self._due)]])
        return outcome

    def close_tills(self) -> None:
        """Every till is counted and closed; the closing must say what the crowd has counted itself."""
        wishes = []
        for place in PLACES:
            held = self._books[place.till].held
            cash = FLOAT_CENTS + held.get(CASH, 0)
            counted = [{"mode": CASH, "amount": cash}]
            counted += [{"mode": mode, "amount": amount} for mode, amount in sorted(held.items()) if mode != CASH]
            body = {"counted": counted, "float_out": FLOAT_CENTS}
            wishes.append(self._wish(place, "cash.close", body, operator=MANAGER))
        self._send(wishes)

    # --- what is asked ---------------------------------------------------------------------------------------------

    def _wish(self, place: Place, name: str, body: Body, *, operator: int | None = None) -> Wish:
        return Wish(place, operator or place.operators[0], name, body, self._id())

    def _id(self) -> bytes:
        """A UUIDv7 (RFC 9562): the machine's milliseconds, the rest by chance."""
        rest = self._chance.getrandbits(80)
        number = (time.time_ns() // 1_000_000) << 80 | rest
        number = number & ~(0xF << 76) | 0x7 << 76
        number = number & ~(0x3 << 62) | 0x2 << 62
        return (number & (1 << 128) - 1).to_bytes(16, "big")

    def _wishes(self, place: Place) -> list[Wish]:
        """What a till sends next: mostly a sale, now and then a refund, a later payment, a copy or the same again."""
        dice = self._chance.random()
        if dice < REFUNDS_SHARE and self._sold:
            return [self._refund(place)]
        if dice < REFUNDS_SHARE + COPIES_SHARE and self._sold:
            return [self._wish(place, "sales.copy", {"no": self._chance.choice(self._sold).no})]
        if self._due and dice < 0.10:
            return [self._pay(place)]
        sale = self._sale(place)
        if dice > 1 - REPEATS_SHARE:
            # A till that heard no answer sends the same command again.
            return [sale, sale]
        return [sale]

    def _sale(self, place: Place) -> Wish:
        operator = self._chance.choice(place.operators)
        body = self._customers.basket(place, operator)
        priced = self._counter.ask("sales.price", body, place.till, operator)
        payments, unpaid = self._customers.payments(priced.total, operator)
        body |= {"payments": payments, "shown_total": priced.total}
        if unpaid:
            body["unpaid"] = True
        wish = self._wish(place, "sales.post", body, operator=operator)
        wish.total = priced.total
        return wish

    def _refund(self, place: Place) -> Wish:
        """Brings back a whole ticket, or a part of one of its lines."""
        sold = self._chance.choice(self._sold)
        body: Body = {"no": sold.no, "reason": "Erreur de commande"}
        lines = [id for id, left in sold.left.items() if left]
        if self._chance.random() < 0.7:
            line = self._chance.choice(lines)
            quantity = min(sold.left[line], 1_000)
            body["lines"] = [{"line": line, "quantity": f"{quantity // 1_000}.{quantity % 1_000:03d}"}]
            sold.left[line] -= quantity
        else:
            sold.left = {}
        if not any(sold.left.values()):
            self._sold.remove(sold)
        operator = next(id for id in place.operators if id in MAY_REFUND) if set(place.operators) & MAY_REFUND else None
        return self._wish(place, "sales.refund", body, operator=operator or MANAGER)

    def _pay(self, place: Place) -> Wish:
        operator = next((id for id in place.operators if id in MAY_LEAVE_DUE), MANAGER)
        return self._wish(place, "sales.pay", {"no": self._due.pop(0), "payments": [{"mode": CARD}]}, operator=operator)

    # --- what is answered ------------------------------------------------------------------------------------------

    def _send(self, wishes: Sequence[Wish]) -> None:
        """One round: every answer must be there, done, and say what the till expected."""
        seen: set[bytes] = set()
        for wish, heard in zip(wishes, self._counter.send(wishes), strict=True):
            self.outcome.answers_ns.append(heard.ns)
            if not heard.done:
                self._problem(wish, heard.why)
            elif wish.id in seen:
                self.outcome.repeats += 1
                if not heard.repeated:
                    self._problem(wish, "the same command was answered twice as if it were new")
            else:
                seen.add(wish.id)
                self._book(wish, heard.record)

    def _problem(self, wish: Wish, text: str) -> None:
        self.outcome.problems.append(f"till {wish.place.till}, {wish.name}: {text}")

    def _book(self, wish: Wish, record: Any) -> None:
        if wish.name in ("sales.post", "sales.refund"):
            self._book_ticket(wish, record)
        elif wish.name == "sales.pay":
            self.outcome.paid_later += 1
            self._hold(wish, record.legs)
            self._books[wish.place.till].due -= sum(leg.counted + leg.rounding for leg in record.legs)
        elif wish.name == "sales.copy":
            self.outcome.copies += 1
        elif wish.name == "cash.close":
            self._compare(wish, record)

    def _book_ticket(self, wish: Wish, ticket: Any) -> None:
        outcome, books = self.outcome, self._books[wish.place.till]
        if wish.total is not None and ticket.total != wish.total:
            self._problem(wish, f"priced at {wish.total}, sealed at {ticket.total}")
        if sum(line.a for line in ticket.lines) != ticket.total or sum(rate.g for rate in ticket.rates) != ticket.total:
            self._problem(wish, f"ticket {ticket.no} does not add up")
        outcome.tickets += 1
        outcome.lines += len(ticket.lines)
        outcome.turnover += ticket.total
        books.tickets += 1
        books.turnover += ticket.total
        books.due += ticket.due
        for rate in ticket.rates:
            sums = books.vat.setdefault((rate.c, rate.r), [0, 0, 0])
            for place, amount in enumerate((rate.g, rate.v, rate.n)):
                sums[place] += amount
        self._hold(wish, ticket.legs)
        if wish.name == "sales.refund":
            outcome.refunds += 1
            books.refunds += 1
        else:
            self._remember(ticket)

    def _hold(self, wish: Wish, legs: Sequence[Any]) -> None:
        held = self._books[wish.place.till].held
        for leg in legs:
            held[leg.mode] = held.get(leg.mode, 0) + leg.tendered - leg.change

    def _remember(self, ticket: Any) -> None:
        if ticket.due:
            self._due.append(ticket.no)
        elif ticket.legs and {leg.mode for leg in ticket.legs} <= {CASH, CARD}:
            self._sold.append(_Sold(ticket.no, {line.id: line.q for line in ticket.lines}))
            if len(self._sold) > REFUNDABLE_KEPT_MAX:
                self._sold.pop(0)
        if ticket.asked and 3 < len(ticket.lines) < 9:
            features = (len(ticket.rates), len(ticket.disc), any(line.o for line in ticket.lines), len(ticket.legs))
            worth = sum(map(int, features))
            if worth > self._worth:
                self._worth, self.outcome.receipt_no = worth, ticket.no

    def _compare(self, wish: Wish, closed: Any) -> None:
        books = self._books[wish.place.till]
        vat = {(total.c, total.r): [total.g, total.v, total.n] for total in closed.vat}
        pairs = (
            ("tickets", books.tickets, closed.tickets),
            ("refunds", books.refunds, closed.refunds),
            ("turnover", books.turnover, closed.turnover),
            ("due", books.due, closed.due),
            ("VAT totals", books.vat, vat),
            ("difference of the drawer", 0, closed.variance),
        )
        for what, counted, sealed in pairs:
            if counted != sealed:
                self._problem(wish, f"{what}: the crowd counted {counted}, the closing says {sealed}")
