"""An app whose pages spend their time in places that a profile has to find."""

import cProfile
import hashlib
import sqlite3
import sys
import threading
import time

from concurrent.futures import ThreadPoolExecutor

from werkzeug.wrappers import Request, Response

pool = ThreadPoolExecutor(3)


def alpha(seconds):
    time.sleep(seconds)


def beta(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        hashlib.sha256(b"x" * 50_000).hexdigest()


def gamma(seconds):
    return sorted_slowly(range(200), seconds)


def sorted_slowly(numbers, seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sorted(numbers, key=lambda number: -number)


def pieces():
    for _ in range(3):
        alpha(0.05)
        yield "piece\n"


def statements():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    for number in range(10):
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        alpha(0.005)
    connection.close()


def in_threads(work):
    """Do some work in a thread that a thread has started, and in a pool."""

    def nested():
        inner = threading.Thread(target=work, args=(0.15,))
        inner.start()
        inner.join()

    thread = threading.Thread(target=nested)
    thread.start()
    attributes = sorted(vars(thread))
    thread.join()
    pool.submit(work, 0.1).result()
    assert attributes == sorted(vars(threading.Thread())), attributes


def with_cprofile():
    profile = cProfile.Profile()
    profile.enable()
    alpha(0.02)
    profile.disable()


def state():
    """Say what the app can see of a profiler in its thread."""
    return f"{sys.getprofile() is None} {sys.gettrace() is None} {threading.active_count()}"


def app(environ, start_response):
    request = Request(environ)
    seconds = float(request.args.get("seconds", 0.2))
    work = {
        "/alpha": lambda: alpha(seconds),
        "/beta": lambda: beta(seconds),
        "/gamma": lambda: gamma(seconds),
        "/statements": statements,
        "/threads/alpha": lambda: in_threads(alpha),
        "/threads/beta": lambda: in_threads(beta),
        "/threads/gamma": lambda: in_threads(gamma),
        "/cprofile": with_cprofile,
    }
    if request.path == "/pieces":
        return Response(pieces())(environ, start_response)
    if request.path == "/error":
        alpha(0.02)
        raise LookupError("on purpose")
    work.get(request.path, lambda: None)()
    return Response(state())(environ, start_response)
