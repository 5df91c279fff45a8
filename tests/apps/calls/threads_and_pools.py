"""Statements from threads, pools, and a thread that is older than the request."""
import sqlite3, threading
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)

def ask(tag):
    sqlite3.connect(":memory:").execute(f"select '{tag}'")

def nested():
    thread = threading.Thread(target=ask, args=("nested",))
    thread.start()
    thread.join()

def prepare():
    global before, go
    go = threading.Event()
    before = threading.Thread(target=lambda: (go.wait(), ask("not of a request")))
    before.start()
    pool.submit(int).result()

def main():
    threads = [threading.Thread(target=ask, args=("thread",)),
               threading.Thread(target=nested)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    go.set()
    before.join()
    pool.submit(ask, "pool").result()
    start = threading.Thread.start
    return [threading.active_count(), sorted(vars(threads[0])), start.__qualname__]
