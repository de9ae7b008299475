"""The receipt: a sealed ticket laid out with every mention that the law wants and nobody can switch off.

Mentions: journal.md, Law that shapes behaviour; fiscal.md FR-25 to FR-28. A duplicate repeats the original word for
word, so everything here comes from the entry and from the configuration as it stood when the ticket was sealed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES
from engine.payments.records import Leg
from engine.ports.printer import Block, Cell, Columns, Document, Image, Qr, Rule, Table, Text
from engine.printing.views_texts import SYMBOLS, Language, moment, money, number, percent, say
from engine.sales.records import Discount, Line, Posted, Rate, Refunded
from engine.shop.kinds import SettingsRow
from engine_ext import seal

SOFTWARE = "Guichet"
LEAF_DIGITS = 16  # of 64: enough to tell one entry from another by eye; the proof needs the journal anyway
HIDDEN_MARK = "/*/*"  # begins the name of articles that cost nothing and stay off the customer's receipt
TICKET_PHASE = 3  # the last phase that has discounts
LINE_PHASES = (1, 4)  # what these phases change stands under its line, the rest under the subtotal (pricing.md)
MARGIN = "margin"
SCHEME_WORDS = frozenset({MARGIN, "exempt", "intra-eu", "stored"})
GRAMS_OF_KG = 1_000

Issue = Literal["original", "duplicate", "preview"]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A later payment of the ticket: its civil time and its legs."""

    at: str
    legs: tuple[Leg, ...]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says besides its ticket, all of it as it was when the ticket was sealed.

    ``gen``, ``seq``, ``at``, ``till``, ``training`` and ``software`` stand in the entry, ``proof_path`` leads to it
    from outside; ``till_name`` and ``operator`` are the names of that time; ``issue`` and ``copy`` say which output
    this is; ``units`` maps line ids to the words behind quantities, ``weighed`` says which of them a scale told, and
    ``weights`` maps line ids to the grams of one piece; ``mentions`` are the legal sentences of the VAT rates used;
    ``later`` are payments since, shown below the receipt proper; ``logo`` is the shop's of that time; ``customer``,
    ``table`` and ``zone`` are the titles of that time, empty where the ticket names none.
    """

    gen: int
    seq: int
    at: str
    till: int
    till_name: str
    operator: str
    training: bool
    software: str
    proof_path: str
    issue: Issue = "original"
    copy: Annotated[int, Meta(ge=0)] = 0
    till_text: tuple[str, ...] = ()
    units: Mapping[int, str] = msgspec.field(default_factory=dict)
    weighed: frozenset[int] = frozenset()
    weights: Mapping[int, int] = msgspec.field(default_factory=dict)
    customer: str = ""
    table: str = ""
    zone: str = ""
    mentions: tuple[str, ...] = ()
    later: tuple[Payment, ...] = ()
    logo: Image | None = None


def receipt(
    facts: Facts, ticket: Posted | Refunded, settings: SettingsRow, leaf: bytes, *, language: Language = "fr"
) -> Document:
    """The receipt of a ticket: ``leaf`` is the 32-byte hash of its entry, ``settings`` those of its time."""
    made = _Receipt(facts, ticket, settings, language)
    blocks = [
        *made.seller(),
        *made.heading(),
        *made.lines(),
        *made.totals(),
        *made.vat(),
        *made.payments(),
        *made.closing(leaf),
    ]
    title = say(language, "number", what=say(language, "ticket"), no=ticket.no)
    return Document(title=title, language=language, blocks=tuple(blocks))


def _center(text: str, *, strong: bool = False) -> Text:
    return Text(text=text, align="center", weight="bold" if strong else "normal")


def _pair(left: str, right: str, *, indent: int = 0, strong: bool = False, large: bool = False) -> Columns:
    cells = (Cell(text=left, share=1), Cell(text=right, align="right"))
    return Columns(
        cells=cells, indent=indent, weight="bold" if strong else "normal", size="double" if large else "normal"
    )


def _hidden(line: Line) -> bool:
    """Whether a line stays off the customer's receipt (features.md, ``configTicket``): only what costs nothing can."""
    return line.l.startswith(HIDDEN_MARK) and not line.b and not line.a


def _named(discount: Discount) -> str:
    """A discount by its label; a menu, pack or offer that was used more than once says how often."""
    return discount.l if discount.n <= 1 else f"{discount.n} x {discount.l}"


class _Receipt:
    """The parts of one receipt, from top to bottom."""

    def __init__(self, facts: Facts, ticket: Posted | Refunded, settings: SettingsRow, language: Language) -> None:
        self._facts = facts
        self._ticket = ticket
        self._settings = settings
        self._options = settings.receipt
        self._language = language
        self._shown = [line for line in sorted(ticket.lines, key=lambda line: line.id) if not _hidden(line)]

    def _say(self, word: str, **values: object) -> str:
        return say(self._language, word, **values)

    def _money(self, value: int) -> str:
        return money(self._language, value, self._ticket.dec, self._ticket.cur)

    def _amount(self, value: int) -> str:
        return number(self._language, value, self._ticket.dec, self._ticket.dec)

    def seller(self) -> list[Block]:
        """Who sells: name, address, SIRET, NAF, VAT number; what is missing is said, never passed over."""
        row, missing = self._settings, self._say("missing")
        blocks: list[Block] = [] if self._facts.logo is None else [self._facts.logo]
        blocks.append(Text(text=row.name, align="center", weight="bold", size="double"))
        if row.legal_name and row.legal_name != row.name:
            blocks.append(_center(row.legal_name))
        blocks += [_center(line) for line in row.address or (self._say("address", value=missing),)]
        if row.phone and row.receipt.phone:
            blocks.append(_center(self._say("phone", value=row.phone)))
        blocks.append(_center(self._say("siret", value=row.siret or missing)))
        blocks.append(_center(self._say("naf", value=row.naf or missing)))
        # A seller below the franchise limit has no VAT number and charges none.
        if row.vat_number or any(rate.v for rate in self._ticket.rates):
            blocks.append(_center(self._say("vat_number", value=row.vat_number or missing)))
        blocks += [_center(line) for line in (*row.header, *self._facts.till_text)]
        return blocks

    def heading(self) -> list[Block]:
        """Which document this is: training, refund, original or duplicate; number, time, till, operator, sales mode."""
        facts, ticket = self._facts, self._ticket
        blocks: list[Block] = [Rule(double=True)]
        if facts.training:
            blocks.append(Text(text=self._say("training"), align="center", weight="bold", size="double"))
        if isinstance(ticket, Refunded):
            blocks.append(_center(self._say("refund"), strong=True))
            blocks.append(_center(self._say("refund_of", no=ticket.of.no)))
        blocks.append(_center(self._say(facts.issue, copy=facts.copy), strong=True))
        name = self._say("number", what=self._say("ticket"), no=ticket.no)
        if ticket.series and not facts.training:
            name = f"{name} ({self._say('series', series=ticket.series)})"
        blocks.append(_pair(name, moment(self._language, facts.at), strong=True))
        till = self._say("till", id=facts.till, name=facts.till_name if self._options.till_name else "")
        blocks.append(_pair(till, self._say(f"mode_{ticket.mode}") if self._options.mode else ""))
        blocks.append(Text(text=self._say("operator", name=facts.operator)))
        blocks += self._place()
        if isinstance(ticket, Refunded) and ticket.reason:
            blocks.append(Text(text=self._say("reason", text=ticket.reason)))
        if ticket.note and self._options.notes:
            blocks.append(Text(text=self._say("note", text=ticket.note)))
        blocks.append(Rule())
        return blocks

    def _place(self) -> list[Block]:
        """Table, covers, delivery zone and customer, each where the ticket names it."""
        facts, ticket = self._facts, self._ticket
        words = (
            ("table", facts.table),
            ("covers", str(ticket.covers) if ticket.covers else ""),
            ("zone", facts.zone),
            ("customer", facts.customer),
        )
        return [Text(text=self._say(word, name=name)) for word, name in words if name]

    def lines(self) -> list[Block]:
        """Every line in the order of entry: label, quantity, unit price, rate, amount; options and discounts below.

        Lines that cost nothing and are named so that they stay off the receipt are only counted.
        """
        blocks: list[Block] = []
        for line in self._shown:
            blocks += self._line(line)
        return blocks

    def _line(self, line: Line) -> list[Block]:
        language, ticket = self._language, self._ticket
        quantity = number(language, line.q, QUANTITY_PLACES, 0)
        if unit := self._facts.units.get(line.id):
            quantity = f"{quantity} {unit}"
        price = number(language, line.u, UNIT_PRICE_PLACES, ticket.dec)
        if line.id in self._facts.weighed:
            price = f"{price} {SYMBOLS.get(ticket.cur, ticket.cur)}/{unit}"
        rate = ticket.rates[line.r]
        figures = f"{quantity} x {price}   {self._rate_name(rate)}"
        blocks: list[Block] = [Text(text=line.l), _pair(figures, self._amount(line.b), indent=2)]
        if grams := self._facts.weights.get(line.id):
            blocks.append(Text(text=self._weight(grams, line), indent=4))
        for option in line.o:
            delta = (
                f" ({'+' if option.delta > 0 else ''}{number(language, option.delta, UNIT_PRICE_PLACES, ticket.dec)})"
            )
            blocks.append(Text(text=f"+ {option.l}{delta if option.delta else ''}", indent=4))
        if self._options.net_prices and ticket.basis == "gross" and rate.s != MARGIN:
            blocks.append(_pair(self._say("net"), self._amount(line.a - line.t), indent=4))
        if line.n and self._options.notes:
            blocks.append(Text(text=self._say("note", text=line.n), indent=4))
        for index, share in line.x:
            if ticket.disc[index].phase in LINE_PHASES:
                blocks.append(_pair(ticket.disc[index].l, self._amount(share), indent=4))
        return blocks

    def _rate_name(self, rate: Rate) -> str:
        """A rate as the customer reads it: who is taxed on the margin may not show the tax (CGI art. 297 E)."""
        if rate.s in SCHEME_WORDS:
            return self._say(rate.s)
        return percent(self._language, rate.r) + (f" {self._say('deposit')}" if rate.deposit else "")

    def _weight(self, grams: int, line: Line) -> str:
        """The weight of one piece and what a kilogram of it costs; rounded to be shown, never to be charged."""
        language, ticket = self._language, self._ticket
        weight = f"{number(language, grams, 3, 0)} kg" if grams >= GRAMS_OF_KG else f"{grams} g"
        minor = 10 ** (UNIT_PRICE_PLACES - ticket.dec)
        price = (2 * line.u * GRAMS_OF_KG + grams * minor) // (2 * grams * minor)
        return f"{weight} ({self._money(price)}/kg)"

    def totals(self) -> list[Block]:
        """Subtotal and what was taken off it, the total in large, and how many lines there are."""
        ticket = self._ticket
        below = [discount for discount in ticket.disc if discount.phase not in LINE_PHASES]
        blocks: list[Block] = [Rule()]
        if below:
            blocks.append(_pair(self._say("subtotal"), self._money(self._sum() - sum(item.granted for item in below))))
            blocks += [_pair(_named(item), self._money(item.granted), indent=2) for item in below]
        if ticket.basis == "net":
            blocks.append(_pair(self._say("total_net"), self._money(sum(rate.n for rate in ticket.rates))))
            blocks.append(_pair(self._say("total_vat"), self._money(sum(rate.v for rate in ticket.rates))))
        blocks.append(
            _pair(self._say("total"), self._money(ticket.total), strong=True, large=self._options.large_total)
        )
        saved = -sum(item.granted for item in ticket.disc if item.granted < 0 and item.phase <= TICKET_PHASE)
        if self._options.saved and saved > 0:
            blocks.append(_pair(self._say("saved"), self._money(saved)))
        hidden = len(ticket.lines) - len(self._shown)
        blocks.append(Text(text=self._say("lines_hidden" if hidden else "lines", n=ticket.items, hidden=hidden)))
        return blocks

    def _sum(self) -> int:
        """What the lines come to after all discounts, in the ticket's basis."""
        return sum(line.a for line in self._ticket.lines)

    def vat(self) -> list[Block]:
        """The totals of each rate as sealed (nothing is computed again), and their sum where there are several.

        Of goods under the margin scheme only the price is shown, in the sum too (CGI art. 297 E).
        """
        rates = self._ticket.rates
        rows = [tuple(self._say(word) for word in ("rate", "net", "vat", "gross"))]
        for rate in rates:
            figures = ("", "") if rate.s == MARGIN else (self._amount(rate.n), self._amount(rate.v))
            rows.append((self._rate_name(rate), *figures, self._amount(rate.g)))
        if len(rates) > 1:
            open_rates = [rate for rate in rates if rate.s != MARGIN]
            sums = (sum(rate.n for rate in open_rates), sum(rate.v for rate in open_rates))
            rows.append((self._say("sum"), *[self._amount(value) for value in (*sums, sum(rate.g for rate in rates))]))
        table = Table(rows=tuple(tuple(Cell(text=text) for text in row) for row in rows))
        return [Rule(), table, *[Text(text=text) for text in self._facts.mentions]]

    def payments(self) -> list[Block]:
        """What was handed over and given back, leg by leg, and what is due."""
        blocks: list[Block] = [Rule()]
        for leg in self._ticket.legs:
            blocks += self._leg(leg)
        due = self._ticket.due
        if due:
            blocks.append(_pair(self._say("due" if due > 0 else "due_off"), self._money(due), strong=True))
        return blocks

    def _leg(self, leg: Leg, indent: int = 0) -> list[Block]:
        parts = (("tip", leg.tip), ("kept", leg.kept), ("rounding", leg.rounding), ("change", leg.change))
        return [
            _pair(leg.l, self._money(leg.tendered), indent=indent),
            *[_pair(self._say(word), self._money(value), indent=indent + 2) for word, value in parts if value],
        ]

    def closing(self, leaf: bytes) -> list[Block]:
        """The shop's last words, the software, the extract of the signature, the entry's place and hash, and the way to
        its proof where the shop has a public address."""
        facts = self._facts
        blocks: list[Block] = [Rule()]
        blocks += [_center(line) for line in self._settings.footer]
        blocks += [
            _pair(
                self._say("software", name=f"{SOFTWARE} {facts.software}"),
                self._say("signature", text=seal.extract(leaf)),
            ),
            _pair(
                self._say("leaf", leaf=leaf.hex()[:LEAF_DIGITS]),
                self._say("entry", gen=facts.gen, seq=facts.seq),
            ),
        ]
        if self._settings.public_address is not None and self._options.code:
            blocks.append(Qr(text=f"{self._settings.public_address}{facts.proof_path}"))
        if facts.training:
            blocks.append(_center(self._say("training"), strong=True))
        if facts.later:
            blocks += [Rule(), Text(text=self._say("later"))]
            for payment in facts.later:
                blocks.append(Text(text=self._say("paid_on", when=moment(self._language, payment.at)), indent=2))
                for leg in payment.legs:
                    blocks += self._leg(leg, indent=2)
        return blocks
