"""What address a host's name stands for, asked with a deadline.

`getaddrinfo` knows none: with a name server that does not answer it takes half a minute, in which
nothing else of its thread can go on.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeAlias

DEADLINE_SECONDS = 3.0
KEPT_SECONDS = 5.0
"""How long an answer is good: a look for a free port asks for the same name again and again."""

MAX_KEPT = 20

Found: TypeAlias = tuple[socket.AddressFamily, tuple[Any, ...]]


class NotResolved(OSError):
    """The host's name stands for no address, or nobody has said so in time."""


_kept: dict[str, tuple[float, tuple[Any, ...] | NotResolved]] = {}
_lock = threading.Lock()


def resolved(host: str, port: int = 0) -> Found:
    """The family and the address to bind. Raises `NotResolved`; blocks for `DEADLINE_SECONDS`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        address = _ask(host, family, socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        address = _by_name(host, family)
    return family, (address[0], port, *address[2:])


def _by_name(host: str, family: socket.AddressFamily) -> tuple[Any, ...]:
    with _lock:
        at, kept = _kept.get(host, (0.0, None))
    if kept is None or time.monotonic() - at > KEPT_SECONDS:
        try:
            kept = _in_time(lambda: _ask(host, family))
        except FutureTimeout:
            kept = NotResolved(f"the name servers have not answered in {DEADLINE_SECONDS:g} s")
        except (socket.gaierror, UnicodeError) as error:
            kept = NotResolved(str(error))
        with _lock:
            if len(_kept) >= MAX_KEPT:
                _kept.clear()
            _kept[host] = time.monotonic(), kept
    if isinstance(kept, NotResolved):
        raise NotResolved(str(kept))
    return kept


def _ask(host: str, family: socket.AddressFamily, flags: int = 0) -> tuple[Any, ...]:
    found = socket.getaddrinfo(host, 0, family, socket.SOCK_STREAM, socket.IPPROTO_TCP, flags)
    return found[0][4]


def _in_time(ask: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """The answer, from a thread that nobody has to wait for at the end."""
    answer: Future[tuple[Any, ...]] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # whoever waits gets it
            answer.set_exception(error)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    return answer.result(DEADLINE_SECONDS)
