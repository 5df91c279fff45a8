"""Libraries that a view, a stream, a thread and tasks import first."""
import asyncio, sys, threading
from flask import Flask

app = Flask(__name__)
LIBRARIES = "http.client", "httpx", "redis", "requests", "sqlalchemy", "sqlite3", "urllib3"
before = [name for name in LIBRARIES if name in sys.modules]

def ask(tag):
    import httpx, redis, requests, sqlite3, urllib3
    from http.client import HTTPConnection
    from sqlalchemy import create_engine, text

    redis.Redis(port=REDIS).get(tag)
    with httpx.stream("GET", f"{WEB}/httpx-{tag}") as response:
        list(response.iter_bytes())
    requests.get(f"{WEB}/requests-{tag}", stream=True).close()
    urllib3.request("GET", f"{WEB}/urllib3-{tag}")
    connection = HTTPConnection(WEB.removeprefix("http://"))
    connection.request("GET", f"/http.client-{tag}")
    connection.getresponse().read()
    sqlite3.connect(":memory:").execute("select ?", (tag,))
    with create_engine("sqlite://").connect() as db:
        db.execute(text("select :tag"), {"tag": tag})

@app.get("/before")
def imported_before():
    return before

@app.get("/stream")
def stream():
    def pieces():
        yield "first"
        ask("stream")
        yield "last"
    return pieces()

@app.get("/thread")
def thread():
    def pieces():
        thread = threading.Thread(target=ask, args=("thread",))
        thread.start()
        yield "started"
        thread.join()
    return pieces()

@app.get("/async")
async def asynchronous():
    import httpx
    from redis.asyncio import Redis
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    async def ask_web():
        async with httpx.AsyncClient() as client:
            await client.get(f"{WEB}/async")

    async def ask_redis():
        async with Redis(port=REDIS) as cache:
            await cache.get("async")

    async def ask_database():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as db:
            await db.execute(text("select :tag"), {"tag": "async"})
        await engine.dispose()

    await asyncio.gather(ask_web(), ask_redis(), ask_database())
    return "done"
