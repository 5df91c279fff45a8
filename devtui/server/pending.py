"""Events that wait for a session that does not read: bounded, and what is dropped is counted."""

from __future__ import annotations

from devtui.events import (
    ErrorRaised,
    Event,
    EventsDropped,
    LogWritten,
    RequestFinished,
    RequestStarted,
    decode_event,
    encode,
)

# Beyond this events are dropped, since a stalled dashboard must never block a request or eat the
# memory of the app.
MAX_PENDING_BYTES = 8 * 1024 * 1024

# What each kind of event leaves free, in quarters: lines of output, of which an app can write any
# number, for requests and errors; the starts of requests for the ends of those that are under way.
# A row whose end was dropped would seem to run for ever, while an end alone is a whole row.
_LEAVES_FREE = {LogWritten: 2, RequestStarted: 1}

# Whatever is none of these is said a few times in a process's life, and the session cannot do
# without it: it is kept in any case.
_DROPPABLE = (LogWritten, RequestStarted, RequestFinished, ErrorRaised)


class Pending:
    """What was not sent yet, in order: `data` is whole lines, but that of the first a part may be.

    One thread at a time may use it.
    """

    def __init__(self, generation: int) -> None:
        self.data = bytearray()
        self._generation = generation
        self._dropped = 0

    def keep(self, event: Event, line: bytes) -> None:
        """Put an event, whose line this is, behind the others; or drop and count it."""
        free = MAX_PENDING_BYTES // 4 * _LEAVES_FREE.get(type(event), 0)
        room = MAX_PENDING_BYTES - len(self.data) - len(line) - free
        if room < 0 and isinstance(event, _DROPPABLE):
            self._dropped += 1
        else:
            self.data += line

    def sent(self, size_bytes: int) -> None:
        """So much of the beginning is on its way."""
        del self.data[:size_bytes]

    @property
    def has_room(self) -> bool:
        """Whether there is room for every kind of event again."""
        return len(self.data) < MAX_PENDING_BYTES // 4

    def keep_count(self) -> None:
        """Have the session told how many events were dropped."""
        if self._dropped:
            self.data += encode(EventsDropped(generation=self._generation, count=self._dropped))
            self._dropped = 0

    def give_up(self) -> None:
        """Drop and count all, but for the line that may be half sent."""
        end = self.data.find(b"\n") + 1
        for line in bytes(self.data[end:]).splitlines():
            event = decode_event(line)
            self._dropped += event.count if isinstance(event, EventsDropped) else 1
        del self.data[end:]
