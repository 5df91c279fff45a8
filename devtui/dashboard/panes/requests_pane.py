"""The requests pane: a list, and in its lower border the pulse of the last minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from textual.content import Content
from textual.timer import Timer

from devtui.dashboard.panes.pane import Pane
from devtui.dashboard.panes.rows import RequestRows
from devtui.dashboard.widgets.cells import fit
from devtui.session.store.pulse import Reading, Slowest
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.text import formats, masking

BEAT_SECONDS = 1.0
"""How often the pulse is read while there is one."""

BARS = 20
BLOCKS = "▁▂▃▄▅▆▇█"

MAX_TARGET = 40
"""The most cells for the method and target of the slowest request."""

_QUIET = "$foreground 55%"

NOT_SHOWN = " (not shown)"


class Named(NamedTuple):
    """The request that the pulse names, and a note on it."""

    request: Slowest
    note: str


class RequestsPane(Pane[Request]):
    """Requests; and how many there were, how slow and how many failed in the last minute."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        rows = RequestRows(now, store)
        super().__init__(1, "Requests", store.requests, rows, "No request yet.")
        self._pulse = store.pulse
        self._reading: Reading | None = None
        self._named: Named | None = None
        self._named_of: tuple[object, ...] = ()
        self._beats: Timer | None = None

    def aside(self, room: int) -> Content:
        """Return the pulse, if a request has ended in the last minute."""
        if self._beats is None:
            self._read()
        reading, matches = self._reading, self.list.matches
        if reading is None:
            return Content()
        now = (id(reading), matches.query, matches.hidden_by)
        if now != self._named_of:
            self._named_of, self._named = now, self._slowest(reading)
        return pulse_line(reading, self._named, room)

    def _slowest(self, reading: Reading) -> Named | None:
        """Return the slowest request that the list shows; else the slowest one, with a note."""
        keeps = self.list.matches.keeps
        shown = next((one for one in reading.slowest if keeps(one.request)), None)
        if shown is not None:
            return Named(shown, "")
        return Named(reading.slowest[0], NOT_SHOWN) if reading.slowest else None

    def _read(self) -> None:
        """Read the pulse, and again in a second unless nothing has happened for a minute."""
        self._reading = self._pulse.read()
        goes_on = self._reading is not None and self.is_mounted
        self._beats = self.set_timer(BEAT_SECONDS, self._beat) if goes_on else None

    def _beat(self) -> None:
        self._read()
        self.look()


def pulse_line(reading: Reading, named: Named | None, room: int) -> Content:
    """Return the last minute in a line: bars, requests a second, the slowest, and the errors.

    Leave out what does not fit into `room` cells, the least important first.
    """
    shape = Content.styled(bars(reading.counts), _QUIET)
    rate = Content.styled(f"{reading.per_second:.3g}/s", _QUIET)
    slowest = target = Content()
    if named is not None:
        request, note = named
        took = f"slowest {formats.duration(request.duration_ms)}"
        what = f"{request.method} {masking.target(request.target)}"
        slowest = Content.styled(f"{took}{note}", _QUIET)
        target = Content.styled(f"{took} {fit(what, MAX_TARGET)}{note}", _QUIET)
    errors = Content.styled(f"{reading.errors:,} × 5xx", "$text-error")
    errors = errors if reading.errors else Content()
    for parts in (
        [shape, rate, target, errors],
        [rate, target, errors],
        [shape, rate, slowest, errors],
        [rate, slowest, errors],
        [rate, errors],
        [errors],
    ):
        line = Content("  ").join(part for part in parts if part.cell_length)
        if line.cell_length <= room:
            return line
    return Content()


def bars(counts: Sequence[int]) -> str:
    """Return a bar for each of `BARS` equal spans; the highest one has the full height."""
    span = max(len(counts) // BARS, 1)
    sums = [sum(counts[at : at + span]) for at in range(0, len(counts), span)]
    most = max(sums, default=0) or 1
    return "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // most)] for count in sums)
