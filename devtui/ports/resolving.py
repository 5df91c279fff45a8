"""Resolve host names with a deadline.

`getaddrinfo` has none: if the name server does not answer, it blocks its thread for half a minute.
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
"""How long to cache an answer: a search for a free port resolves the same name many times."""

MAX_KEPT = 20

Found: TypeAlias = tuple[socket.AddressFamily, tuple[Any, ...]]


class NotResolved(OSError):
    """The host has no address, or the name servers did not answer in time."""


_kept: dict[str, tuple[float, tuple[Any, ...] | NotResolved]] = {}
_lock = threading.Lock()


def resolved(host: str, port: int = 0) -> Found:
    """Return family and address to bind. Raises `NotResolved`; blocks up to `DEADLINE_SECONDS`."""
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
            kept = NotResolved(f"the name servers did not answer within {DEADLINE_SECONDS:g} s")
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
    """Ask in a daemon thread, which does not delay the exit, and return the answer."""
    answer: Future[tuple[Any, ...]] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # raised in the caller
            answer.set_exception(error)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    return answer.result(DEADLINE_SECONDS)
