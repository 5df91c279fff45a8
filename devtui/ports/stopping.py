"""Stop the holders of a port, and nothing else: SIGTERM, wait, SIGKILL, wait, check the port.

Only processes that listen on exactly this port, on a conflicting address, get a signal. Each is
looked up again just before and identified by its creation time, because pids are reused.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence

import msgspec
import psutil

from devtui.config.settings import Settings
from devtui.events import Holder
from devtui.ports.bind import check_port
from devtui.ports.classify import RELOADER_MARKS, is_server_process, same_program
from devtui.ports.holders import holders
from devtui.ports.process_info import Ancestor, command_of, facts_of, started
from devtui.ports.signals import SIGKILL, Target, send, target_of

ASK_SECONDS = 3.0
"""How long a process may take to exit after SIGTERM."""

KILL_SECONDS = 2.0
"""How long the system may take to end a process after SIGKILL."""

_POLL_SECONDS = 0.02
_NEVER = frozenset({0, 1, 4})  # the kernel, init, and System on Windows

Report = Callable[[float, str], None]
"""Called when a step starts, with the seconds since the first step and a description."""


class Outcome(msgspec.Struct, frozen=True):
    """The result: whether the port is free now, and one or two sentences about it."""

    freed: bool
    text: str


def refusal(holder: Holder) -> str | None:
    """Return why devtui cannot or must not stop the holder, as a sentence; None if it may try."""
    if holder.pid is None or holder.kind in ("container", "airplay"):
        return f"{holder.note[:1].upper()}{holder.note[1:]}."
    if not holder.listens:
        return (
            f"{holder.name} ({holder.pid}) does not listen on the port and may be a client. "
            f"To stop it, type: kill {holder.pid}"
        )
    if holder.pid in _NEVER:
        return f"devtui does not stop pid {holder.pid}: it belongs to the system."
    if _is_ours(holder.pid):
        return f"devtui does not stop pid {holder.pid}: it is devtui itself or runs devtui."
    if holder.started is None:
        return (
            f"The start time of {holder.name} ({holder.pid}) is unknown, so devtui could not tell "
            f"it from a later process with this pid. To stop it, type: kill {holder.pid}"
        )
    if not _may_signal(holder.pid):
        return (
            f"{holder.name} ({holder.pid}) belongs to {holder.user}, so you may not stop it. "
            f"As root you can: sudo kill {holder.pid}"
        )
    return None


def _is_ours(pid: int) -> bool:
    """Whether the pid is ours, an ancestor's (the shell, the terminal, tmux) or our server's."""
    me = psutil.Process()
    if pid == me.pid or any(pid == parent.pid for parent in me.parents()):
        return True
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        return is_server_process(command_of(process)) and process.ppid() == me.pid
    return False


def _may_signal(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # only an attempt can tell
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False
    except ProcessLookupError:
        return True  # it has exited, which `stop` reports
    return True


def stop(
    settings: Settings,
    wanted: Sequence[Holder],
    report: Report = lambda seconds, text: None,
    watch_seconds: float = 0.0,
) -> Outcome:
    """Stop the holders, and the parents and children that share their socket, parents first.

    Success means that the address of the settings can be bound, and still can be after
    `watch_seconds`, in which a supervisor may restart the program. Blocks for at most
    ASK_SECONDS + KILL_SECONDS + `watch_seconds`, plus the time of a few surveys.
    """
    for holder in wanted:
        why_not = refusal(holder)
        if why_not is not None:
            return Outcome(False, why_not)
    return _Stopping(settings, wanted, report).run(watch_seconds)


class _Stopping:
    """One attempt to stop the holders."""

    def __init__(self, settings: Settings, wanted: Sequence[Holder], report: Report) -> None:
        self._settings = settings
        self._wanted = wanted
        self._report = report
        self._began = time.monotonic()
        self._at_first: set[int | None] = set()
        self._known: dict[int, Target] = {}

    def run(self, watch_seconds: float) -> Outcome:
        """Stop the holders and return the outcome."""
        targets = self._resolve()
        if not targets:
            return self._none_left()
        killed: list[Target] = []
        try:
            self._signal(targets, signal.SIGTERM, "asking {} to exit (SIGTERM)")
            if not self._wait(ASK_SECONDS):
                killed = self._kill()
                self._wait(KILL_SECONDS)
        except PermissionError as error:
            return Outcome(False, f"{error}, so you may not stop it.")
        return self._outcome(targets, killed, watch_seconds)

    def _resolve(self) -> list[Target]:
        """Return the wanted holders that still run, with their servers' other processes."""
        port = self._settings.port
        current = {holder.pid: holder for holder in holders(port, self._settings.folder)}
        self._at_first = set(current)
        found: dict[int, Target] = {}
        for holder in self._wanted:
            now = current.get(holder.pid)
            if now is not None and now.started == holder.started:
                for member in self._family(now, current.values()):
                    found.setdefault(member.process.pid, member)
        self._known.update(found)
        return sorted(found.values(), key=lambda target: (target.depth, target.process.pid))

    def _family(self, holder: Holder, current: Iterable[Holder]) -> list[Target]:
        """Return the ancestors and children that hold the port too, and a reloader above them."""
        assert holder.pid is not None
        try:
            facts = facts_of(holder.pid)
        except psutil.NoSuchProcess:
            return []
        related = {holder.pid, *holder.children, *(above.pid for above in facts.ancestors)}
        begun = {other.pid: other.started for other in current if other.pid in related}
        parent = facts.parent
        reloaded = any(facts.environment.get(mark) == "true" for mark in RELOADER_MARKS)
        if parent is not None and reloaded and same_program(facts, parent):
            begun.setdefault(parent.pid, parent.started)
        targets = []
        for pid, when in begun.items():
            if pid is not None and pid not in _NEVER and not _is_ours(pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    if started(process) == when:
                        targets.append(target_of(process))
        return targets

    def _signal(self, targets: Sequence[Target], number: int, step: str) -> None:
        self._say(step.format(_names(targets)))
        for target in targets:
            send(target, number)

    def _wait(self, seconds: float) -> bool:
        """Wait until all have exited; return False after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            alive = any(target.alive for target in self._known.values())
            if not alive:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)

    def _kill(self) -> list[Target]:
        """Kill the processes that still run, and the holders that they have started since."""
        asked = set(self._known)
        self._resolve_new(asked)
        left = [target for target in self._known.values() if target.alive]
        left.sort(key=lambda target: (target.depth, target.process.pid))
        self._signal(left, SIGKILL, "killing {} (SIGKILL)")
        return left

    def _resolve_new(self, asked: set[int]) -> None:
        """Add the holders that the asked processes have started since."""
        for holder in holders(self._settings.port, self._settings.folder):
            if holder.pid is None or holder.pid in asked or _is_ours(holder.pid):
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(holder.pid)
                if any(parent.pid in asked for parent in process.parents()):
                    self._known[holder.pid] = target_of(process)

    def _outcome(
        self, targets: Sequence[Target], killed: Sequence[Target], watch_seconds: float
    ) -> Outcome:
        stubborn = [target for target in self._known.values() if target.alive]
        if stubborn:
            return Outcome(False, f"{_names(stubborn)} did not exit, even after SIGKILL.")
        if killed:
            told = f"{_names(killed)} ignored SIGTERM and {_were(killed)} killed."
        else:
            told = f"{_names(targets)} exited after {time.monotonic() - self._began:.1f} s."
        self._say("checking the port")
        if not self._stays_free(watch_seconds):
            return Outcome(False, f"{told} {self._who_now()}")
        return Outcome(True, told)

    def _stays_free(self, watch_seconds: float) -> bool:
        deadline = time.monotonic() + watch_seconds
        while check_port(self._settings) is None:
            if time.monotonic() >= deadline:
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _who_now(self) -> str:
        """Say what holds the port now, and what restarted it."""
        port = self._settings.port
        for holder in holders(port, self._settings.folder):
            if holder.pid is None:
                return f"Port {port} is {holder.note}."
            if holder.pid in self._known:
                continue
            if holder.pid in self._at_first:
                return f"Port {port} is still held by {holder.name} ({holder.pid})."
            parent = self._parent(holder)
            by = (
                holder.restarts_by
                or (parent and f"{parent.name} (pid {parent.pid})")
                or "an unknown program"
            )
            return f"It is back as {holder.name} ({holder.pid}), started by {by}."
        return f"Port {port} is still not free, and devtui cannot see what holds it."

    def _parent(self, holder: Holder) -> Ancestor | None:
        assert holder.pid is not None
        try:
            return facts_of(holder.pid).parent
        except psutil.NoSuchProcess:
            return None

    def _none_left(self) -> Outcome:
        names = ", ".join(f"{holder.name} ({holder.pid})" for holder in self._wanted)
        hold = "holds" if len(self._wanted) == 1 else "hold"
        port = self._settings.port
        return Outcome(
            check_port(self._settings) is None,
            f"{names} no longer {hold} port {port}, so there was nothing to stop.",
        )

    def _say(self, text: str) -> None:
        self._report(time.monotonic() - self._began, text)


def _were(targets: Sequence[Target]) -> str:
    return "was" if len(targets) == 1 else "were"


def _names(targets: Sequence[Target]) -> str:
    return ", ".join(map(str, targets))
