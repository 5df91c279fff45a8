"""Calls from threads and streams, and what the hooks have changed in the process."""
import sqlite3, sys, threading
from concurrent.futures import ThreadPoolExecutor
from flask import Flask

app = Flask(__name__)
pool = ThreadPoolExecutor(1)
version = 1

def ask(tag):
    sqlite3.connect(":memory:").execute("select ?", (tag,))

@app.get("/threads")
def threads():
    thread = threading.Thread(target=ask, args=("thread",))
    thread.start()
    thread.join()
    pool.submit(ask, "pool").result()
    return "done"

@app.get("/stream")
def stream():
    def pieces():
        for tag in ("first", "second"):
            ask(tag)
            yield tag
    return pieces()

def wrappers(function):
    count = 0
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
        count += 1
    return count

@app.get("/state")
def state():
    import concurrent.futures.thread, http.client, redis, requests, sqlalchemy
    from pymongo.monitoring import _LISTENERS
    sqlalchemy.create_engine("sqlite://")
    functions = [
        sqlite3.Connection.execute, threading.Thread.start,
        concurrent.futures.thread._WorkItem.run, http.client.HTTPConnection.putrequest,
        redis.Redis.execute_command, requests.Session.send,
        sqlalchemy.engine.default.DefaultDialect.do_execute,
    ]
    # On Python 3.10 what records a call is written in C.
    codes = [getattr(function, "__code__", None) for function in functions[1:]]
    files = ["importlib" if code is None else code.co_filename for code in codes]
    return {
        "modules": sorted(name for name in sys.modules if "tracing" in name and "devtui" in name),
        "finders": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
        "ours": [file for file in files if "/devtui/server/" in file or "importlib" in file],
        "wrappers": [wrappers(function) for function in functions],
        "listeners": [type(one).__qualname__ for one in _LISTENERS.command_listeners],
        "threads": threading.active_count(),
        "sqlite": len(sqlite3.Connection.__mro__),
    }
