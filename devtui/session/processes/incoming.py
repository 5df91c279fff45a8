"""The bytes of the channel, as events; what the app wrote there instead is told as a warning."""

from __future__ import annotations

import msgspec
from msgspec import structs

from devtui.events import (
    AnyEvent,
    FilesChanged,
    LogWritten,
    PortBusy,
    Reloaded,
    ServerContinued,
    ServerExited,
    ServerStarted,
    ServerSuspended,
    StateChanged,
    decode_event,
)
from devtui.text import formats

# The longest line that is taken for an event. The bounds of the server process keep the longest
# of its own below this; whatever is longer was written by the app.
MAX_EVENT_BYTES = 16 * 1024 * 1024

_SHOWN_BYTES = 200

# Facts that only the session can know.
_NOT_ITS_OWN = (
    ServerStarted,
    ServerExited,
    ServerSuspended,
    ServerContinued,
    StateChanged,
    FilesChanged,
    Reloaded,
    PortBusy,
)


class IncomingEvents:
    """Puts together the lines of one server process's channel.

    The app can reach every descriptor of its process, and some write to what they find. Lines
    that are no events come out as one warning for all that follow on each other in one piece.
    """

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._begun = bytearray()
        self._overlong = False

    def take(self, data: bytes) -> list[AnyEvent]:
        """The events that are whole with these bytes."""
        if not data:
            return []
        *whole, rest = data.split(b"\n")
        events: list[AnyEvent] = []
        foreign: list[bytes] = []
        for end in whole:
            line = bytes(self._begun) + end
            self._begun.clear()
            event = None if self._overlong else self._decode(line)
            self._overlong = False
            if event is None:
                foreign.append(line)
                continue
            if foreign:
                events.append(self._warning(foreign))
                foreign = []
            events.append(event)
        if foreign:
            events.append(self._warning(foreign))
        self._begin(rest)
        return events

    def _begin(self, rest: bytes) -> None:
        """Keep what begins a line; of one that is too long to be ours, what a warning shows."""
        if not self._overlong:
            self._begun += rest
            if len(self._begun) > MAX_EVENT_BYTES:
                self._overlong = True
                del self._begun[_SHOWN_BYTES:]

    def _decode(self, line: bytes) -> AnyEvent | None:
        try:
            event = decode_event(line)
        except msgspec.DecodeError:
            return None
        if isinstance(event, _NOT_ITS_OWN) or event.generation not in (0, self._generation):
            return None
        return structs.replace(event, generation=self._generation)

    def _warning(self, lines: list[bytes]) -> LogWritten:
        more = f", and {formats.count(len(lines) - 1, 'more line')}" if len(lines) > 1 else ""
        return LogWritten(
            generation=self._generation,
            stream="log",
            logger="devtui",
            level="WARNING",
            text=f"The app wrote to devtui's own channel: {lines[0][:_SHOWN_BYTES]!r}{more}",
        )
