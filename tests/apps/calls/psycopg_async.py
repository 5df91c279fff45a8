"""One statement of psycopg in asyncio."""
import asyncio, psycopg

async def ask():
    db = await psycopg.AsyncConnection.connect(
        host="127.0.0.1", port=port, user="devtui", dbname="postgres")
    async with db:
        return await (await db.execute("select %s::int", (7,))).fetchall()

def main():
    return asyncio.run(ask())
