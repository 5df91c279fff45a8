"""SQLAlchemy 1.4 and 2 and what is below it, next to what SQLite says it was asked."""

from __future__ import annotations

import pytest

from tests.server.tracing.conftest import Record, Recorded, needs
from tests.support.databases import Postgres

LOGGED = """
import asyncio, sqlite3
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, select, text
from sqlalchemy.orm import Session, declarative_base, relationship

asked = []
Base = declarative_base()

class Logged(sqlite3.Connection):
    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.set_trace_callback(asked.append)

class Customer(Base):
    __tablename__ = "customer"
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customer.id"))
    customer = relationship(Customer)

def made(name, orders):
    path = f"{folder}/{name}-{id(asked)}.db"
    engine = create_engine(f"sqlite:///{path}", connect_args={"factory": Logged}, future=True)
    Base.metadata.create_all(engine)
    with Session(engine, future=True) as session:
        for number in range(orders):
            session.add(Order(id=number, customer=Customer(id=number, name=f"name {number}")))
        session.commit()
    return engine, path
"""

SEVERAL_ENGINES = (
    LOGGED
    + """
def prepare():
    global orders, other
    (orders, _), (other, _) = made("orders", 6), made("other", 0)
    asked.clear()

def main():
    rows = []
    with Session(orders, future=True) as session:
        for order in session.execute(select(Order).order_by(Order.id)).scalars():
            rows.append(order.customer.name)  # N+1
    with other.begin() as db:
        db.execute(Customer.__table__.insert(), [{"name": "one"}, {"name": "two"}])
    with orders.connect() as db, other.connect() as second:
        found = db.execute(text("select name from customer where id > :id"), {"id": 4})
        rows += found.scalars().all()
        rows += second.exec_driver_sql("select name from customer").scalars().all()
    try:
        with Session(other, future=True) as session:
            session.add(Customer(name="one"))
            session.commit()
    except Exception as error:
        rows.append([type(error).__name__, type(error.orig).__name__])
    return [rows, asked]
"""
)

ASYNCHRONOUS = (
    LOGGED
    + """
def prepare():
    global path
    _, path = made("orders", 6)
    asked.clear()

async def name_of(db, number):
    found = await db.execute(text("select name from customer where id = :id"), {"id": number})
    return found.scalar()

def in_greenlet(session):
    return session.get(Order, 2).customer.name

async def ask():
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    url = f"sqlite+aiosqlite:///{path}"
    engine = create_async_engine(url, connect_args={"factory": Logged})
    async with engine.connect() as db:
        names = [await name_of(db, number) for number in range(3)]
        try:
            await db.execute(text("select * from nowhere"))
        except Exception as error:
            names.append([type(error).__name__, type(error.orig).__name__])
    async with AsyncSession(engine) as session:
        names.append(await session.run_sync(in_greenlet))
        found = await session.stream(select(Customer).where(Customer.id > 3))
        names += [customer.name async for customer in found.scalars()]
    await engine.dispose()
    return names

def main():
    return [asyncio.run(ask()), asked]
"""
)

COUNTING = (
    LOGGED
    + """
reads = []

class Counting(sqlite3.Cursor):
    @property
    def rowcount(self):
        reads.append(1)
        return super().rowcount

class Connection(sqlite3.Connection):
    def cursor(self):
        return super().cursor(Counting)

def main():
    engine = create_engine("sqlite://", connect_args={"factory": Connection}, future=True)
    engine.connect().close()
    reads.clear()
    with engine.begin() as db:
        db.execute(text("create table t (id integer)"))
        db.execute(text("insert into t values (:id)"), [{"id": 1}, {"id": 2}])
        db.execute(text("select * from t")).fetchall()
        before = len(reads)
        return [before, db.execute(text("update t set id = 3")).rowcount, len(reads)]
"""
)

POSTGRESQL = """
import asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

async def ask():
    engine = create_async_engine(f"postgresql+psycopg://devtui@127.0.0.1:{port}/postgres")
    async def number_of(number):
        async with engine.connect() as db:
            return (await db.execute(text("select :number + 0"), {"number": number})).scalar()
    numbers = await asyncio.gather(*map(number_of, range(3)))
    await engine.dispose()
    return numbers

def main():
    return asyncio.run(ask())
"""

AIOSQLITE = """
import asyncio, aiosqlite, threading

async def connect():
    return await aiosqlite.connect(f"{folder}/aio.db", isolation_level=None)

def prepare():
    global old  # its thread is older than the request
    old = asyncio.run(connect())

async def ask(db):
    await db.execute("create table if not exists t (id integer, password text)")
    await db.execute("delete from t")
    await db.executemany("insert into t (id, password) values (?, ?)", [(1, "a"), (2, "b")])
    async with db.execute("select id from t where id > ?", (1,)) as cursor:
        rows = [row async for row in cursor]
    rows += await db.execute_fetchall("select count(*) from t")
    cursor = await db.cursor()
    await cursor.execute("select 3")
    rows += await cursor.fetchall()
    try:
        await db.execute("select * from nowhere")
    except Exception as error:
        rows.append([type(error).__name__, str(error)])
    await db.close()
    return rows

async def both():
    return await ask(old) + await ask(await connect())

def main():
    return [asyncio.run(both()), asyncio.iscoroutinefunction(aiosqlite.Connection._execute)]
"""


def heard(asked: list[str]) -> list[str]:
    """The first words of what SQLite was asked, without transactions."""
    words = [" ".join(statement.split()[:3]) for statement in asked]
    return [some for some in words if some not in {"BEGIN", "COMMIT", "ROLLBACK"}]


def told(recorded: Recorded) -> list[str]:
    """The first words of each call that SQLite could execute, once for each row of parameters."""
    return [
        " ".join(call["text"].split()[:3])
        for call in recorded.calls
        if not call["error"].startswith("OperationalError")
        for _ in range(call["parameters"][1:].count("(") or 1)
    ]


def lines(recorded: Recorded, part: str) -> list[tuple[int, list[str]]]:
    """The line of each call with this in its text, and the functions that led to it."""
    return [
        (call["line"], [function for _, function in call["stack"] if function[0] != "<"])
        for call in recorded.calls
        if part in call["text"]
    ]


def test_core_and_orm_on_several_engines(record: Record) -> None:
    needs("sqlalchemy")
    recorded = record(SEVERAL_ENGINES)
    rows, asked = recorded.result
    assert rows[-1] == ["IntegrityError", "IntegrityError"]
    assert told(recorded) == heard(asked)
    assert {call["library"] for call in recorded.calls} == {"sqlalchemy"}
    # A lazy load has the line that has asked for the attribute.
    assert [line for line, _ in lines(recorded, "FROM customer \nWHERE customer.id = ?")] == [
        44
    ] * 6
    assert recorded.totals == {"sql": len(recorded.calls)}


def test_the_number_of_rows_is_not_read_where_that_may_cost_something(record: Record) -> None:
    needs("sqlalchemy")
    recorded = record(COUNTING)
    assert len([text for text in recorded.texts if " t" in text]) == 4
    assert {call["rows"] for call in recorded.calls if call["library"] == "sqlalchemy"} == {None}


def test_an_asynchronous_engine_counts_once_from_the_line_that_awaits(record: Record) -> None:
    needs("aiosqlite", "greenlet", "sqlalchemy")
    recorded = record(ASYNCHRONOUS)
    names, asked = recorded.result
    assert names[3:] == [["OperationalError", "OperationalError"], "name 2", "name 4", "name 5"]
    assert told(recorded) == heard(asked)
    # But for what the engine asks to connect.
    assert [call["library"] for call in recorded.calls[-7:]] == ["sqlalchemy"] * 7
    assert lines(recorded, "select name") == [(41, ["main", "ask", "name_of"])] * 3
    assert lines(recorded, "nowhere") == [(55, ["main", "ask"])]
    assert lines(recorded, "FROM orders") == [(45, ["main", "ask", "in_greenlet"])]
    assert lines(recorded, "customer.id >") == [(60, ["main", "ask"])]


@pytest.mark.e2e
def test_concurrent_tasks_on_postgresql(postgres: Postgres, record: Record) -> None:
    needs("psycopg", "greenlet", "sqlalchemy.dialects.postgresql.psycopg")  # not in 1.4
    postgres.statements()
    recorded = record(POSTGRESQL, port=postgres.port)
    assert recorded.result == [0, 1, 2]
    assert lines(recorded, "+ 0") == [(10, ["main", "number_of"])] * 3
    asked = [statement for statement in postgres.statements() if "+ 0" in statement]
    assert len(asked) == 2 * 3  # with the hooks and without


def test_aiosqlite_whoever_started_its_thread(record: Record) -> None:
    needs("aiosqlite")
    recorded = record(AIOSQLITE)
    half = len(recorded.calls) // 2
    of_old_thread, of_new_thread = (
        [(call["text"], call["parameters"], call["rows"], call["stack"]) for call in calls]
        for calls in (recorded.calls[:half], recorded.calls[half:])
    )
    assert of_old_thread == of_new_thread
    assert [call["text"].partition(" ")[0] for call in recorded.calls[:half]] == [
        *("create", "delete", "insert", "select", "select", "select", "select")
    ]
    assert {call["library"] for call in recorded.calls} == {"aiosqlite"}
    assert of_new_thread[2][1:] == (
        "[(1, ••••••••), (2, ••••••••)]",
        2,
        [[32, "main"], [29, "both"], [14, "ask"]],
    )
    assert recorded.calls[half - 1]["error"] == "OperationalError: no such table: nowhere"
