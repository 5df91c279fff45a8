"""Connections of aiosqlite: one older than the request, and one of its own."""
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
