"""Format times, durations and sizes as short texts of a known width."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

DURATION_WIDTH = 7
SIZE_WIDTH = 7

BESIDE_LINE = 20
"""The columns before the text in a line of `--plain`: the time, the kind of event, and gaps."""


def cut(text: str, limit: int) -> str:
    """Cut a longer text to `limit` characters, ending with `…`."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clock_time(at: datetime) -> str:
    """Format the local time of day, `HH:MM:SS`."""
    return at.astimezone().isoformat()[11:19]  # four times as fast as strftime


def duration(milliseconds: float) -> str:
    """Format a duration in at most `DURATION_WIDTH` characters: `0.8 ms`, `1.24 s`, `3 min`."""
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


def fine_duration(milliseconds: float) -> str:
    """Format a duration in at most `DURATION_WIDTH` characters; below 0.1 ms in µs."""
    if milliseconds < 0.095:
        return f"{milliseconds * 1000:.0f} µs"
    return duration(milliseconds)


def running_time(milliseconds: float) -> str:
    """Format the time of a running request in tenths of a second, so it rarely changes."""
    seconds = max(milliseconds, 0) / 1000
    return f"{seconds:.1f} s" if seconds < 99.95 else duration(milliseconds)


def size(byte_count: int) -> str:
    """Format a size in at most `SIZE_WIDTH` characters: `512 B`, `1.2 kB` (1,000 B), `34 MB`."""
    if byte_count < 1000:
        return f"{byte_count} B"
    value = float(byte_count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 9.95:
            return f"{value:.1f} {unit}"
        if value < 999.5:
            return f"{value:.0f} {unit}"
    return f"{value:.0f} TB"


def uptime(seconds: float) -> str:
    """Format seconds in the first minute, then minutes, so an idle screen hardly changes."""
    if seconds < 60:
        return f"{max(int(seconds), 0)} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def abbreviated(name: str, width: int) -> str:
    """Shorten a dotted name to `width` characters if possible: `s.e.Engine`.

    From the left, each name but the last is cut to its first letter, as in Logback.
    """
    *names, last = name.split(".")
    for at, one in enumerate(names):
        if len(name) <= width:
            break
        names[at] = one[:1]
        name = ".".join([*names, last])
    return name


def count(number: int, singular: str, plural: str = "") -> str:
    """Format a number with its noun: `1 line`, `12 lines`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def exit_status(status: int) -> str:
    """Return the exit status of a program, or the signal that ended it, in words."""
    import signal  # the server process uses this room, and the app may not need it

    if status < 0:
        with suppress(ValueError):
            return f"ended by {signal.Signals(-status).name}"
        return f"ended by signal {-status}"
    return f"exit status {status}"
