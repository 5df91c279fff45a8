"""Three tasks that ask PostgreSQL at the same time."""
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
