"""Printers that are played, short waits, and a document with everything that a receipt has."""

from collections.abc import Iterator

import pytest
from printer_double import PtyPrinter, TcpPrinter

from drivers.printers.dialog import Times
from engine.ports.printer import Blank, Cell, Columns, Document, Image, Qr, Rule, Table, Text

URL = "https://caisse.example.fr/proof/" + "0123456789abcdef" * 4


def pair(left: str, right: str, **more: object) -> Columns:
    """A label and its figure."""
    cells = (Cell(text=left, share=1), Cell(text=right, align="right"))
    return Columns(cells=cells, **more)  # type: ignore[arg-type]  # fields of Columns


@pytest.fixture
def receipt() -> Document:
    """A receipt with a logo, large and bold lines, a table of VAT and a code."""
    rows = (("Taux", "HT", "TVA", "TTC"), ("20 %", "1 041,67", "208,33", "1 250,00"), ("5,5 %", "0,95", "0,05", "1,00"))
    logo = Image(width=64, bits=bytes((0xFF, 0x81, 0x3C, 0x42, 0x10, 0x14, 0x01, 0x00)) * 24)
    return Document(
        title="Ticket n° 1",
        language="fr",
        drawer=True,
        blocks=(
            logo,
            Text(text="L’Œuf à l’Été", align="center", weight="bold", size="double"),
            Text(text="12 quai des Brumes", align="center"),
            Rule(double=True),
            pair("Ticket n° 1", "21/11/2026 12:00:00", weight="bold"),
            Text(text="Crème brûlée « maison » … œuf"),
            pair("2 x 1,50   10 %", "3,00", indent=2),
            Rule(),
            pair("TOTAL TTC", "1 251,00 €", weight="bold", size="double"),
            Table(rows=tuple(tuple(Cell(text=text) for text in row) for row in rows)),
            Blank(),
            Qr(text=URL),
        ),
    )


@pytest.fixture
def short() -> Document:
    """A few words."""
    return Document(title="t", language="fr", blocks=(Text(text="Café", weight="bold"), Text(text="1,50 €")))


@pytest.fixture
def times() -> Times:
    """Waits that a test can afford; nothing that is tested depends on their length."""
    return Times(connect_s=5.0, answer_s=0.2, stall_s=5.0, finish_s=0.6)


@pytest.fixture
def tcp() -> Iterator[TcpPrinter]:
    """A printer on the network."""
    made = TcpPrinter()
    yield made
    made.close()


@pytest.fixture
def pty() -> Iterator[PtyPrinter]:
    """A printer on a serial line."""
    made = PtyPrinter()
    yield made
    made.close()
