"""The process that begins to load before a reload, if that is worth it.

It stops before the first file that may change, so a reload has only the rest to do. If a file that
it has loaded changes, the standby takes its place, which has loaded nothing of the user's.
"""

from __future__ import annotations

import asyncio
import heapq
import os
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec
from msgspec import structs

from devtui.events import (
    AnyEvent,
    AppLoaded,
    HeadStart,
    HeadStartChecked,
    ImportsTraced,
    Load,
    LoadSoon,
    Preload,
)
from devtui.events.event import utc_now
from devtui.session.processes.server_process import ServerProcess

# A shorter load is quick enough with the standby alone. A Django project with the admin takes some
# 90 ms with the standby, and 30 with a head start.
WORTH_MS = 50.0

# How long a reload waits until the process says whether it can be used. It checks each file that it
# has read, and a large app has thousands.
ANSWER_SECONDS = 0.3

# How often to begin again, each time with a stop before the module that could not run ahead.
MAX_TRIES = 5

# How many saved files to remember: the next load stops before the first of them.
MAX_SAVED = 10

# A file that was changed this much later than all others is the one that the user works on.
LONG_AFTER_SECONDS = 60.0

# How many events may wait for the reload.
MAX_HELD = 10_000

# How much memory must be left, in processes of the app's size.
_SPARE_PROCESSES = 3


class Ahead(msgspec.Struct):
    """What was done ahead of a load: `modules` imported, in `took_ms`, and the memory for it."""

    modules: int = 0
    took_ms: float = 0.0
    size_bytes: int = 0

    def note(self, traced: ImportsTraced, used: HeadStartChecked | None) -> None:
        """Note what the load reports of it, and the head start that was used."""
        self.modules = traced.ahead_modules + (used.module_count if used else 0)
        self.took_ms = round(traced.ahead_ms + (used.duration_ms if used else 0.0), 3)


class _HeadStartProcess:
    """One process with a head start. Its events wait until it is used."""

    def __init__(
        self,
        make: Callable[[Callable[[AnyEvent], None]], ServerProcess],
        publish: Callable[[AnyEvent], None],
        on_spent: Callable[[HeadStartChecked], None],
    ) -> None:
        self.checked: HeadStartChecked | None = None
        self.answered = asyncio.Event()
        self._publish = publish
        self._on_spent = on_spent
        self._held: list[AnyEvent] | None = []  # None once it is used
        self._says_too_much = False
        self.process = make(self._take)

    def release(self) -> None:
        """Publish the held events with the time of now, and all further events at once."""
        held, self._held = self._held, None
        for event in held or ():
            self._publish(structs.replace(event, at=utc_now()))

    def discard(self) -> None:
        """End it. Nobody hears of it any more."""
        self.process.abandon()

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, HeadStartChecked):
            if self._says_too_much:
                event = structs.replace(event, reason="it prints more than can be kept")
            self.checked = event
            self.answered.set()
            if event.spent:
                self._on_spent(event)
        elif self._held is None:
            self._publish(event)
        elif len(self._held) < MAX_HELD:
            self._held.append(event)
        else:
            self._says_too_much = True


class HeadStarts:
    """At most one process with a head start, and what was learned from those before.

    `reason` says why the last one could not be used, empty if it could. `used` is the answer of
    the one that serves now, None if it had no head start.
    """

    def __init__(self, publish: Callable[[AnyEvent], None]) -> None:
        self.reason = ""
        self.used: HeadStartChecked | None = None
        self._publish = publish
        self._ahead: _HeadStartProcess | None = None
        self._saved: dict[str, None] = {}
        self._guess: list[str] = []  # while nothing was saved yet
        self._stops: set[str] = set()
        self._load: Load | None = None  # that of the process that waits
        self._load_ms = 0.0  # of the last load without a head start
        self._warm = False
        self._modules = 0  # the user's
        self._tries = 0

    @property
    def pid(self) -> int | None:
        """The id of the process that waits."""
        return None if self._ahead is None else self._ahead.process.pid

    @property
    def is_ready(self) -> bool:
        """Whether a process waits for the order to load the rest."""
        checked = None if self._ahead is None else self._ahead.checked
        return checked is not None and not checked.spent

    def note_saved(self, paths: Iterable[str]) -> None:
        """Note that these files were saved: they may change again."""
        for path in map(os.path.realpath, paths):
            self._saved.pop(path, None)
            self._saved[path] = None
        for oldest in list(self._saved)[:-MAX_SAVED]:
            del self._saved[oldest]

    def note_loaded(self, event: AppLoaded, *, warm: bool) -> None:
        """Note how long a load took, by a standby if `warm`, and which file may be saved next.

        A load from nothing takes longer, so it does not count after a warm one.
        """
        self._tries, self.reason = 0, ""
        self._modules = sum(file.endswith(".py") for file in event.sources)
        if self.used is None and (warm or not self._warm):
            self._load_ms, self._warm = event.duration_ms, warm
        self._guess = [] if self._saved else _newest(event.sources)

    def is_worth_it(self, entry: str, pid: int | None, traced: ImportsTraced) -> bool:
        """Whether a process may save much of the next load, which begins with the file `entry`.

        After a load from nothing that is unknown, unless the app changes something that keeps a
        standby from importing everything ahead. Before an app's only module there is nothing to
        load.
        """
        return (
            self._ahead is None
            and self._tries < MAX_TRIES
            and bool(traced.search_path)
            and (self._warm or bool(traced.changed))
            and self._load_ms >= WORTH_MS
            and (self._modules > 1 or os.path.realpath(entry) not in self._before)
            and _has_memory_for(pid)
        )

    @property
    def _before(self) -> set[str]:
        return {*self._stops, *self._saved, *self._guess}

    def begin(
        self,
        make: Callable[[Callable[[AnyEvent], None]], ServerProcess],
        preload: Preload,
        again: Callable[[], None],
    ) -> None:
        """Start the process; `make` makes it with the function that takes its events.

        `again` is called if another one may get further.
        """

        def on_spent(event: HeadStartChecked) -> None:
            if self._learn(event):
                again()

        self._tries += 1
        self._load = _what_the_app_sees(preload.load)
        self._ahead = _HeadStartProcess(make, self._publish, on_spent)
        self._ahead.process.attach()
        self._ahead.process.send(preload)
        before = tuple(sorted(self._before))
        self._ahead.process.send(HeadStart(load=preload.load, before=before))

    def expect_load(self) -> None:
        """Ask the process whether it can be used now. End one that is not ready."""
        if self._ahead is None:
            return
        if self._ahead.checked is None:
            self.reason = "it was not over yet"
            self.discard()
        else:
            self._ahead.answered.clear()
            self._ahead.process.send(LoadSoon())

    async def answer(self) -> None:
        """Wait for the answer, but not for long."""
        if self._ahead is not None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ahead.answered.wait(), ANSWER_SECONDS)

    def take(self, load: Load) -> ServerProcess | None:
        """Return the process if it can be used for this load, and end it if it cannot."""
        ahead, self._ahead, self.used = self._ahead, None, None
        if ahead is None:
            return None
        checked = ahead.checked
        if checked is None or not ahead.answered.is_set():
            self.reason = "it did not answer"
        elif _what_the_app_sees(load) != self._load:
            self.reason = "it began with other settings"
        else:
            self.reason = checked.reason
        if checked is None or self.reason:
            ahead.discard()
            return None
        self.used = checked
        self._release = ahead.release
        return ahead.process

    def release(self) -> None:
        """Publish the held events of the process that is used."""
        if self.used is not None:
            self._release()

    def discard(self) -> None:
        """End the process that waits."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.discard()

    def _learn(self, spent: HeadStartChecked) -> bool:
        """Note what ended a head start; return whether another may get further."""
        self.reason = spent.reason
        self.discard()
        if not spent.stopped_at or spent.stopped_at in self._stops:
            self._tries = MAX_TRIES
            return False
        self._stops.add(spent.stopped_at)
        return True


def _what_the_app_sees(load: Load) -> Load:
    """Return the order without the fields that only the server needs."""
    return structs.replace(load, host="", port=0, url="", pin=None, first=False, migrations=False)


def _newest(files: Iterable[str]) -> list[str]:
    """Return the file that was changed last, if that was long after the others.

    The user probably works on it. In a fresh checkout all have the same time.
    """
    times = []
    for file in files:
        with suppress(OSError):
            times.append((os.stat(file).st_mtime, file))
    (last, newest), (before, _) = [*heapq.nlargest(2, times), (0.0, ""), (0.0, "")][:2]
    return [os.path.realpath(newest)] if last - before > LONG_AFTER_SECONDS else []


def size_of(pid: int | None) -> int:
    """Return the memory of a process in bytes, 0 if it has ended or psutil is broken."""
    try:
        import psutil
    except Exception:  # a broken library may raise anything
        return 0
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.Error, OSError):
        return 0


def _has_memory_for(pid: int | None) -> bool:
    if not (size := size_of(pid)):
        return False
    import psutil

    return psutil.virtual_memory().available > _SPARE_PROCESSES * size
