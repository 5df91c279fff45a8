"""Send the app's log and errors to the consoles of browsers, if the user has asked for that."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from itertools import islice

import msgspec

from devtui.events import Error, ErrorRaised, LogWritten
from devtui.events.parts import place_of
from devtui.session.event_bus import EventBus
from devtui.session.live.page_connection import PageConnection
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.store import Store
from devtui.text import masking
from devtui.text.sgr import plain
from devtui.text.traceback_lines import begins

# The lines of one record come one by one; one message can carry many of them.
GATHER_SECONDS = 0.05

# How many entries are kept for a page that is still loading, or reads slowly.
MAX_KEPT = 200

# How many entries, and how many bytes of them, one message may have.
MAX_SENT = 50
MAX_MESSAGE_BYTES = 16 * 1024

# An error is printed a moment after it was raised.
MAX_RAISED = 20

MAX_TEXT = 2_000
MAX_LINES = 50

_LEVELS = {
    **{"debug": "debug", "notset": "debug", "trace": "debug"},
    **{"warning": "warn", "warn": "warn"},
    **{"error": "error", "critical": "error", "fatal": "error"},
}


class _Sent(msgspec.Struct, frozen=True, gc=False):
    """An entry as the console shows it, by the method of this name."""

    number: int
    at_us: int
    method: str
    text: str


class PageConsole:
    """Sends what the app logs and raises to the pages that may see it.

    What a page's own request has logged comes before the page is connected. So a page says from
    when on it wants to have the log (`t` and microseconds), or what it has had (`n` and a number).
    A page that reads slowly misses the oldest entries, and hears how many.
    """

    def __init__(self, bus: EventBus, store: Store, folder: str) -> None:
        self._bus = bus
        self._store = store
        self._folder = folder
        self._pages: dict[PageConnection, int] = {}  # the number of the next entry for each
        self._kept: deque[_Sent] = deque(maxlen=MAX_KEPT)
        self._end = 0  # the number of the next entry
        self._looked_until = 0  # in the store's log
        self._errors: list[ErrorRaised] = []
        self._errors_left_out = 0
        self._raised: deque[str] = deque(
            maxlen=MAX_RAISED
        )  # the ids of the requests that raised last
        self._timer: asyncio.TimerHandle | None = None
        self._told = False
        bus.listen(lambda event: self._send_soon(), LogWritten)
        bus.listen(self._on_error, ErrorRaised)

    def add(self, page: PageConnection, heard: str) -> None:
        """Send the log to a page from now on, and what it missed since its request."""
        if not page.may_read_log:
            if not self._told:
                self._told = True
                self._bus.warn(
                    "A page gets no log in its console: it was opened by another user, on another "
                    "machine, or under a host that is not trusted."
                )
            return
        self._gather()
        self._pages[page] = self._first_for(heard)
        self._send_soon()

    def remove(self, page: PageConnection) -> None:
        """Send nothing more to a page, which is gone."""
        self._pages.pop(page, None)

    def close(self) -> None:
        """Send nothing more."""
        self._pages.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _first_for(self, heard: str) -> int:
        kind, number = heard[:1], heard[1:]
        if not number.isascii() or not number.isdecimal() or len(number) > 20:
            return self._end
        if kind == "t":
            since = int(number)
            return next((one.number for one in self._kept if one.at_us >= since), self._end)
        return min(int(number), self._end) if kind == "n" else self._end

    def _on_error(self, event: ErrorRaised) -> None:
        if len(self._errors) < MAX_KEPT:
            self._errors.append(event)
        else:
            self._errors_left_out += 1
        self._send_soon()

    def _send_soon(self) -> None:
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # the first load: no page is open, and the store has the entries
            self._timer = loop.call_later(GATHER_SECONDS, self._send)

    def _send(self) -> None:
        self._timer = None
        self._gather()
        for page, number in self._pages.items():
            if number < self._end and page.has_room:
                self._pages[page] = self._send_to(page, number)
        if any(number < self._end for number in self._pages.values()):
            self._send_soon()

    def _send_to(self, page: PageConnection, number: int) -> int:
        """Send a page the next entries from this number on; return the number after them."""
        first = self._kept[0].number if self._kept else self._end
        left_out = max(0, first - number)
        entries: list[list[str]] = []
        size = 0
        for one in islice(self._kept, max(0, number - first), None):
            size += len(one.text.encode())
            if entries and (len(entries) >= MAX_SENT or size > MAX_MESSAGE_BYTES):
                break
            entries.append([one.method, one.text])
        number += left_out + len(entries)
        page.send({"do": "log", "entries": entries, "left_out": left_out, "heard": f"n{number}"})
        return number

    def _gather(self) -> None:
        """Take in what was logged and raised since the last time."""
        log, errors = self._store.log, self._errors
        new = range(max(self._looked_until, log.first), log.end)
        missed = new.start - self._looked_until + max(0, len(new) - MAX_KEPT)
        if missed := missed + self._errors_left_out:
            self._kept.clear()  # the kept entries must have no gap
            self._end += missed
        self._looked_until, self._errors, self._errors_left_out = log.end, [], 0
        self._raised.extend(error.request_id for error in errors if error.request_id is not None)
        found: list[tuple[int, str, str]] = [
            (_microseconds(error), "error", self._of_error(error.error)) for error in errors
        ]
        for number in new[-MAX_KEPT:]:
            entry = log[number]
            if entry.logger == "devtui":
                continue
            if text := _of_entry(entry, told=entry.request_id in self._raised):
                found.append((_microseconds(entry), _LEVELS.get(entry.severity, "info"), text))
        for at_us, method, text in sorted(found):
            self._kept.append(_Sent(self._end, at_us, method, text))
            self._end += 1

    def _of_error(self, error: Error) -> str:
        """Return its type and message, and the innermost line of the user's code."""
        raised = error.exceptions[0]
        text = _shown(f"{raised.type}: {raised.message}")
        place = place_of(error)
        if place is None:
            return text
        frame = error.exceptions[place[0]].frames[place[1]]
        file = os.path.relpath(frame.file, self._folder) if frame.own else frame.file
        line = f"{_shown(file)}:{frame.line}, in {_shown(frame.function)}"
        return f"{text}\n  {line}\n    {_shown(frame.source)}".rstrip()


def _of_entry(entry: LogEntry, told: bool) -> str:
    """Return the text of an entry, without the traceback if the error was sent by itself."""
    lines: list[str] = []
    for line in map(plain, islice(entry.lines, MAX_LINES)):
        if told and begins(line):
            break
        lines.append(line)
    return _shown("\n".join(lines)).strip("\n")


def _shown(text: str) -> str:
    text = plain(text)
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}…(+{len(text) - MAX_TEXT:,} characters)"
    return "\n".join(masking.in_log(line) for line in text.split("\n"))


def _microseconds(event: ErrorRaised | LogEntry) -> int:
    return round(event.at.timestamp() * 1_000_000)
