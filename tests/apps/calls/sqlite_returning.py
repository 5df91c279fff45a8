"""Rows that statements return, by each library above sqlite3."""
import asyncio, sqlite3

INSERT = "insert into t (id) values (:id) returning id"
CREATE = "create table t (id integer)"
ONE = {"id": 1}

def ask_sqlite3():
    db = sqlite3.connect(":memory:")
    db.execute(CREATE)
    rows = [db.execute(INSERT, ONE).fetchall() for _ in range(9)]
    rows.append(db.cursor().execute("update t set id = 3 returning id").fetchall())
    return [rows, db.execute("update t set id = 3 where id = 7").rowcount]

def ask_aiosqlite():
    import aiosqlite

    async def ask():
        async with aiosqlite.connect(":memory:") as db:
            await db.execute(CREATE)
            return [list(await (await db.execute(INSERT, ONE)).fetchall()),
                    await db.execute_insert(INSERT, ONE)]

    return asyncio.run(ask())

def ask_sqlalchemy():
    from sqlalchemy import create_engine, text

    with create_engine("sqlite://").begin() as db:
        db.execute(text(CREATE))
        return [list(db.execute(text(INSERT), ONE).scalars()) for _ in range(9)]

def ask_sqlalchemy_async():
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask():
        async with create_async_engine("sqlite+aiosqlite://").begin() as db:
            await db.execute(text(CREATE))
            return list((await db.execute(text(INSERT), ONE)).scalars())

    return asyncio.run(ask())

def ask_django():
    import django
    from django.conf import settings

    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.execute(INSERT.replace(":id", "%s"), [1])
        return cursor.fetchall()

def main():
    return globals()[f"ask_{asked}"]()
