"""An app in which the user's code runs in the middle of devtui's: by garbage and by signals."""

import gc
import itertools
import logging
import os
import signal
import threading

from flask import Flask

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("pool")
app = Flask(__name__)
given_back, printed, signalled = itertools.count(), itertools.count(), itertools.count()

# A pool's lock is held by whom the garbage collector interrupts, too.
pool = threading.RLock()

TICK = float(os.environ.get("TICK") or 0)  # in seconds; how long after a tick the next one comes

# So often that some of it happens inside of each function that makes anything.
gc.set_threshold(int(os.environ.get("GC_THRESHOLD") or 700))


class Late(Exception):
    """Time is up."""


class Connection:
    """Logs when it is given back, as the pool of SQLAlchemy does, which has a lock for that."""

    def __init__(self):
        self.me = self

    def __del__(self):
        with pool:
            log.info("given back %d", next(given_back))


class Printing(Connection):
    def __del__(self):
        print(f"printed {next(printed)}\n", end="")  # in one piece: another may come between


class Raising(Connection):
    def __del__(self):
        raise ValueError("in a finaliser")


def tick(number, frame):
    log.info("signalled %d", next(signalled))
    print("a handler prints")
    Connection()
    # Not an interval: on a busy machine the next would come before this one has ended, for ever.
    signal.setitimer(signal.ITIMER_REAL, TICK)


class Timer:
    """Its handler raises in whatever the view does at the moment."""

    def __enter__(self):
        signal.signal(signal.SIGALRM, self.ring)
        signal.setitimer(signal.ITIMER_REAL, 0.0003)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)

    @staticmethod
    def ring(number, frame):
        raise Late


if TICK:
    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, TICK)


@app.get("/<int:number>")
def view(number):
    for _ in range(3):
        Connection()
    Printing()
    if number % 5 == 0:
        Raising()
    log.info("asked for %d", number)
    print("asked", number)
    if number % 10 == 0:
        held = Raising()
        held.me = None  # it ends with this frame, which devtui keeps for a while
        raise KeyError(number)
    if number % 5 == 1 and not TICK:
        try:
            with Timer():
                for _ in range(50):  # a finaliser may have swallowed it
                    print("until it rings", number)
        except Late:
            pass
    return str(number)


@app.get("/counts")
def counts():
    gc.collect()
    numbers = (next(given_back), next(printed))
    return " ".join(map(str, numbers))
