"""An engine and a session of asyncio. It follows sqlalchemy_orders.py."""
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
