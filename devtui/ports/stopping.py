"""Stop who holds the port, and nobody else: ask, wait, kill, wait, and see that the port is free.

Only processes that listen on exactly this port, on an address in the way, are signalled. Each is
looked up again just before, and known by its creation time, since a pid is used again.
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
"""How long a process may take to end after SIGTERM."""

KILL_SECONDS = 2.0
"""How long the system may take to end it after SIGKILL."""

_POLL_SECONDS = 0.02
_NEVER = frozenset({0, 1, 4})  # 0 and 1 are the kernel's and init's, 4 is Windows' System

Report = Callable[[float, str], None]
"""Is told each step when it begins: the seconds since the first one, and what is done."""


class Outcome(msgspec.Struct, frozen=True):
    """How stopping went: whether the port can be bound now, and one sentence or two on it."""

    freed: bool
    text: str


def refusal(holder: Holder) -> str | None:
    """Why the holder cannot or must not be stopped, as a sentence; None where it may be tried."""
    if holder.pid is None or holder.kind in ("container", "airplay"):
        return f"{holder.note[:1].upper()}{holder.note[1:]}."
    if not holder.listens:
        return (
            f"{holder.name} ({holder.pid}) does not listen on the port, so it may be a client: "
            f"kill {holder.pid} ends it."
        )
    if holder.pid in _NEVER:
        return f"Pid {holder.pid} belongs to the system: it is left alone."
    if _is_ours(holder.pid):
        return f"Pid {holder.pid} is devtui itself or what it runs in: it is left alone."
    if holder.started is None:
        return (
            f"When {holder.name} ({holder.pid}) began is not to be known, so it could not be told "
            f"from a later process of the same pid: kill {holder.pid} ends it."
        )
    if not _may_signal(holder.pid):
        return (
            f"{holder.name} ({holder.pid}) belongs to {holder.user}: stopping it is not allowed. "
            f"sudo kill {holder.pid} would."
        )
    return None


def _is_ours(pid: int) -> bool:
    """Whether it is our own, an ancestor's (the shell, the terminal, tmux) or our server's."""
    me = psutil.Process()
    if pid == me.pid or any(pid == parent.pid for parent in me.parents()):
        return True
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        return is_server_process(command_of(process)) and process.ppid() == me.pid
    return False


def _may_signal(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there it shows only when it is tried
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False
    except ProcessLookupError:
        return True  # gone: that will be told later
    return True


def stop(
    settings: Settings,
    wanted: Sequence[Holder],
    report: Report = lambda seconds, text: None,
    watch_seconds: float = 0.0,
) -> Outcome:
    """Stop the holders with the parents and children that share their socket, top first.

    It went well when the address of the settings can be bound afterwards, and still can after
    `watch_seconds`, within which a supervisor may start the program again. Blocks for at most
    ASK_SECONDS + KILL_SECONDS + `watch_seconds` and the time of a few looks at the port.
    """
    for holder in wanted:
        why_not = refusal(holder)
        if why_not is not None:
            return Outcome(False, why_not)
    return _Stopping(settings, wanted, report).run(watch_seconds)


class _Stopping:
    """One course of stopping."""

    def __init__(self, settings: Settings, wanted: Sequence[Holder], report: Report) -> None:
        self._settings = settings
        self._wanted = wanted
        self._report = report
        self._began = time.monotonic()
        self._at_first: set[int | None] = set()
        self._known: dict[int, Target] = {}

    def run(self, watch_seconds: float) -> Outcome:
        """Do it, and say how it went."""
        targets = self._resolve()
        if not targets:
            return self._nobody_left()
        killed: list[Target] = []
        try:
            self._signal(targets, signal.SIGTERM, "asking {} to end (SIGTERM)")
            if not self._wait(ASK_SECONDS):
                killed = self._kill()
                self._wait(KILL_SECONDS)
        except PermissionError as error:
            return Outcome(False, f"{error}: stopping it is not allowed.")
        return self._outcome(targets, killed, watch_seconds)

    def _resolve(self) -> list[Target]:
        """The wanted holders that still are what they were, with their server's other processes."""
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
        """Those above and below that hold the same port, and a reloader that would stay behind."""
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
        """Wait until all are gone; false where it takes longer."""
        deadline = time.monotonic() + seconds
        while True:
            alive = any(target.alive for target in self._known.values())
            if not alive:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)

    def _kill(self) -> list[Target]:
        """Kill what is left, and what it has started since; whoever let go is left alone."""
        asked = set(self._known)
        self._resolve_new(asked)
        left = [target for target in self._known.values() if target.alive]
        left.sort(key=lambda target: (target.depth, target.process.pid))
        self._signal(left, SIGKILL, "killing {} (SIGKILL)")
        return left

    def _resolve_new(self, asked: set[int]) -> None:
        """Add the holders that the asked ones have started since."""
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
            return Outcome(False, f"{_names(stubborn)} did not end, not even by SIGKILL.")
        if killed:
            told = f"{_names(killed)} ignored SIGTERM and was killed."
        else:
            told = f"{_names(targets)} ended after {time.monotonic() - self._began:.1f} s."
        self._say("trying the port")
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
        """What has the port after all, and what brought it back."""
        port = self._settings.port
        for holder in holders(port, self._settings.folder):
            if holder.pid is None:
                return f"Port {port} is {holder.note}."
            if holder.pid in self._known:
                continue
            if holder.pid in self._at_first:
                return f"Port {port} is still held by {holder.name} ({holder.pid})."
            parent = self._parent(holder)
            by = holder.restarts_by or (parent and f"{parent.name} (pid {parent.pid})") or "nobody"
            return f"It came back as {holder.name} ({holder.pid}), started by {by}."
        return f"Port {port} cannot be had all the same, and nobody can be seen to hold it."

    def _parent(self, holder: Holder) -> Ancestor | None:
        assert holder.pid is not None
        try:
            return facts_of(holder.pid).parent
        except psutil.NoSuchProcess:
            return None

    def _nobody_left(self) -> Outcome:
        names = ", ".join(f"{holder.name} ({holder.pid})" for holder in self._wanted)
        port = self._settings.port
        return Outcome(
            check_port(self._settings) is None,
            f"{names} does not hold port {port} any more: nothing was done.",
        )

    def _say(self, text: str) -> None:
        self._report(time.monotonic() - self._began, text)


def _names(targets: Sequence[Target]) -> str:
    return ", ".join(map(str, targets))
