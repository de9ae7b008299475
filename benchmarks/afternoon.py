"""An afternoon's work, as the peer to beat: FastAPI, SQLAlchemy, PostgreSQL, one hash chain; a fair one, durable.

``python -m benchmarks.afternoon FD URL`` serves it on a listening socket; `create` makes its tables and products.
"""

import datetime
import hashlib
import json
import socket
import sys
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import BigInteger, ForeignKey, Integer, Numeric, String, create_engine, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from benchmarks import ticket

CENT = Decimal("0.01")
POOL = 40  # as many as FastAPI has threads
GENESIS = "0" * 64


class Base(DeclarativeBase):
    """The tables."""


class Product(Base):
    """What is sold."""

    __tablename__ = "products"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))


class Chain(Base):
    """Where the chain stands: its one row is locked for every sale."""

    __tablename__ = "chain"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str] = mapped_column(String(64))


class Ticket(Base):
    """A sale, with its place on the chain; the client's id makes it there once."""

    __tablename__ = "tickets"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    command: Mapped[str] = mapped_column(String(36), unique=True)
    till: Mapped[int] = mapped_column(Integer)
    at: Mapped[str] = mapped_column(String)
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    vat: Mapped[str] = mapped_column(String)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Line(Base):
    """A line of a sale."""

    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number"), index=True)
    product: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    total: Mapped[Decimal] = mapped_column(Numeric(10, 2))


class Payment(Base):
    """What was paid."""

    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("tickets.number"), index=True)
    mode: Mapped[int] = mapped_column(Integer)
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))


class LineIn(BaseModel):
    """A line as it is asked for."""

    product: int
    quantity: int = 1


class PaymentIn(BaseModel):
    """A payment as it is made: cents on the counter."""

    mode: int
    tendered: int


class SaleIn(BaseModel):
    """A sale as it is asked for; every discount here is ten per cent."""

    lines: list[LineIn]
    payments: list[PaymentIn]
    discounts: list[dict[str, int]] = []


def create(url: str) -> None:
    """Makes tables, products and the chain's beginning."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    percents = {number: Decimal(percent) for number, (_, percent) in ticket.RATES.items()}
    with Session(engine) as session:
        session.add(Chain(id=1, number=0, head=GENESIS))
        for id, (title, price, department) in ticket.PRODUCTS.items():
            rate = percents[ticket.DEPARTMENTS[department][1]]
            session.add(Product(id=id, title=title, price=Decimal(price), rate=rate))
        session.commit()
    engine.dispose()


def sell(session: Session, sale: SaleIn, command: str, till: int) -> dict[str, Any]:
    """Prices, chains and keeps one sale; a client's id that is known gets its ticket again."""
    products = {each.id: each for each in session.scalars(select(Product))}
    kept = Decimal("0.9") if sale.discounts else Decimal(1)
    totals = [(products[one.product].price * one.quantity * kept).quantize(CENT, ROUND_HALF_UP) for one in sale.lines]
    by_rate: dict[Decimal, Decimal] = {}
    for one, amount in zip(sale.lines, totals, strict=True):
        rate = products[one.product].rate
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + amount
    vat = {str(r): str((g - g / (1 + r / 100)).quantize(CENT, ROUND_HALF_UP)) for r, g in by_rate.items()}
    total = sum(totals, Decimal(0))
    chain = session.execute(select(Chain).where(Chain.id == 1).with_for_update()).scalar_one()
    known = session.scalar(select(Ticket).where(Ticket.command == command))
    if known is not None:
        return {"number": known.number, "hash": known.hash, "total": str(known.total), "repeated": True}
    number, at = chain.number + 1, datetime.datetime.now(datetime.UTC).isoformat()
    lines = [[one.product, one.quantity, str(amount)] for one, amount in zip(sale.lines, totals, strict=True)]
    sealed = json.dumps([number, command, till, at, lines, str(total), vat, chain.head], separators=(",", ":"))
    digest = hashlib.sha256(sealed.encode()).hexdigest()
    session.execute(
        insert(Ticket).values(
            number=number,
            command=command,
            till=till,
            at=at,
            total=total,
            vat=json.dumps(vat),
            previous=chain.head,
            hash=digest,
        )
    )
    session.execute(
        insert(Line),
        [
            {"ticket": number, "product": one.product, "quantity": one.quantity, "total": amount}
            for one, amount in zip(sale.lines, totals, strict=True)
        ],
    )
    session.execute(insert(Payment), [{"ticket": number, "mode": one.mode, "amount": total} for one in sale.payments])
    session.execute(update(Chain).where(Chain.id == 1).values(number=number, head=digest))
    session.commit()
    return {"number": number, "hash": digest, "total": str(total), "vat": vat, "lines": lines}


def make_app(url: str) -> FastAPI:
    """The application over a database."""
    sessions = sessionmaker(create_engine(url, pool_size=POOL, max_overflow=0))
    app = FastAPI()

    def post_sale(sale: SaleIn, idempotency_key: Annotated[str, Header()], x_till: Annotated[int, Header()]) -> Any:
        """A plain function: FastAPI runs it in its pool of threads."""
        with sessions() as session:
            try:
                return sell(session, sale, idempotency_key, x_till)
            except (KeyError, IntegrityError) as error:
                raise HTTPException(422, "no such product") from error

    app.add_api_route("/sales", post_sale, methods=["POST"])
    return app


def durable(url: str) -> dict[str, str]:
    """What the database says of its own durability."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            name: str(connection.execute(text(f"SHOW {name}")).scalar_one())
            for name in ("fsync", "synchronous_commit", "full_page_writes", "server_version")
        }
    engine.dispose()
    return found


def main(arguments: list[str]) -> None:
    """Serves on a listening socket that was handed over, as one process."""
    import uvicorn

    config = uvicorn.Config(
        make_app(arguments[1]), http="httptools", loop="uvloop", access_log=False, log_level="warning"
    )
    with socket.socket(fileno=int(arguments[0])) as listener:
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
