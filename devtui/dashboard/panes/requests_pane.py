"""The requests pane: a list, and in its lower border the pulse of the last minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from textual.content import Content
from textual.timer import Timer

from devtui.dashboard.panes.pane import Pane
from devtui.dashboard.panes.rows import RequestRows
from devtui.dashboard.widgets.cells import fit
from devtui.session.store.pulse import Reading
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from devtui.text import formats, masking

BEAT_SECONDS = 1.0
"""How often the pulse is read while there is one."""

BARS = 20
BLOCKS = "▁▂▃▄▅▆▇█"

ROOM_FOR_BARS = 70
ROOM_FOR_TARGET = 50
"""The least widths of the pane, in cells."""

_QUIET = "$foreground 55%"


class RequestsPane(Pane[Request]):
    """Requests, and how many came, how slow they were and how many failed in the last minute."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        rows = RequestRows(now, store)
        super().__init__(1, "Requests", store.requests, rows, "No request yet.")
        self._pulse = store.pulse
        self._reading: Reading | None = None
        self._beats: Timer | None = None

    def aside(self) -> Content:
        """Return the pulse, if a request has ended in the last minute."""
        if self._beats is None:
            self._read()
        return Content() if self._reading is None else pulse_line(self._reading, self.size.width)

    def _read(self) -> None:
        """Read the pulse, and again in a second unless nothing has happened for a minute."""
        self._reading = self._pulse.read()
        goes_on = self._reading is not None and self.is_mounted
        self._beats = self.set_timer(BEAT_SECONDS, self._beat) if goes_on else None

    def _beat(self) -> None:
        self._read()
        self.look()


def pulse_line(reading: Reading, width: int) -> Content:
    """Return the last minute in a line: bars, requests a second, the slowest, and the errors."""
    parts = [Content.styled(f"{reading.per_second:.3g}/s", _QUIET)]
    if width >= ROOM_FOR_BARS:
        parts.insert(0, Content.styled(bars(reading.counts), _QUIET))
    if reading.slowest is not None:
        slowest = f"slowest {formats.duration(reading.slowest.duration_ms)}"
        if width >= ROOM_FOR_TARGET:
            target = masking.target(reading.slowest.target)
            slowest += f" {fit(f'{reading.slowest.method} {target}', width // 3)}"
        parts.append(Content.styled(slowest, _QUIET))
    if reading.errors:
        parts.append(Content.styled(f"{reading.errors:,} × 5xx", "$text-error"))
    return Content("  ").join(parts)


def bars(counts: Sequence[int]) -> str:
    """Return a bar for each of `BARS` equal spans; the highest one has the full height."""
    span = max(len(counts) // BARS, 1)
    sums = [sum(counts[at : at + span]) for at in range(0, len(counts), span)]
    most = max(sums, default=0) or 1
    return "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // most)] for count in sums)
