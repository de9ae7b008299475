"""The peer is a fair one: it is durable, keeps each sale once, and chains it."""

import hashlib
import tempfile
from pathlib import Path

import pytest

from benchmarks import postgres, ticket


def test_an_afternoons_work_sells_the_ticket_once_and_chains_it() -> None:
    pytest.importorskip("fastapi", reason="the extra `bench` is not installed")
    pytest.importorskip("sqlalchemy", reason="the extra `bench` is not installed")
    pytest.importorskip("psycopg", reason="the extra `bench` is not installed")
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    from benchmarks import afternoon

    sale = afternoon.SaleIn(**ticket.BODY)
    try:
        # Not below pytest's own directory, which no other user may enter; PostgreSQL is one.
        with tempfile.TemporaryDirectory() as made, postgres.running(Path(made)) as url:
            afternoon.create(url)
            engine = create_engine(url)
            with Session(engine) as session:
                first = afternoon.sell(session, sale, "a", 1)
            with Session(engine) as session:
                again = afternoon.sell(session, sale, "a", 1)
            with Session(engine) as session:
                second = afternoon.sell(session, sale, "b", 2)
                kept = session.get(afternoon.Ticket, 2)
                assert kept is not None
                previous = kept.previous
            engine.dispose()
            settings = afternoon.durable(url)
    except postgres.NotHere as why:
        pytest.skip(str(why))
    assert ("on", "on") == (settings["fsync"], settings["synchronous_commit"])
    assert (1, 1, 2) == (first["number"], again["number"], second["number"])
    assert first["hash"] == again["hash"] == previous
    assert hashlib.sha256().digest_size * 2 == len(first["hash"])
