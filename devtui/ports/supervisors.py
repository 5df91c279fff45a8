"""Whether something will probably start a process again when it is stopped, and what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from devtui import project_file
from devtui.ports.process_info import Ancestor, ProcessFacts, program

# Programs whose job it is to start again what ended, and those that do it at a file's change.
_SUPERVISORS = {
    "supervisord", "runsv", "s6-supervise", "circusd", "honcho", "foreman", "overmind", "hivemind",
    "daemontools", "supervise", "monit", "god", "immortal", "start-stop-daemon", "containerd-shim",
    "containerd-shim-runc-v2", "conmon",
}  # fmt: skip
_RELOADERS = {
    "nodemon", "watchmedo", "watchexec", "entr", "watchfiles", "cargo-watch", "air", "reflex",
    "ts-node-dev", "tsx", "hupper", "pserve", "guard",
}  # fmt: skip
_SHELLS = {"sh", "bash", "dash", "zsh", "ash", "ksh", "mksh", "fish", "busybox"}
# Both are of one pass over any text: no part of a match can be looked for from two places.
_LOOP = re.compile(r"(?:^|[;&|({\n]|\bdo\b)\s?(?:while|until)\s|\bfor\s?\(\(\s?;")
_SPACES = re.compile(r"\s+")
_LOOP_WORDS = re.compile(r"\b(?:(?P<begins>(?:while|until)\s|for\s?\(\()|(?P<does>do\b)|done\b)")
_MAX_SCRIPT = 64 * 1024
_MAX_NAME = 256

# Units that run people's shells and jobs: what they started is not theirs to keep alive.
_NO_SERVICE = re.compile(r"^(ssh|sshd|cron|crond|getty|display-manager|gdm|lightdm|user)(@|\.)")
_UNIT = re.compile(r"^[\w:.\\@-]+\.service$")


def restarts_by(facts: ProcessFacts, family: Collection[int] = ()) -> str:
    """What will probably start the process again, in words with how to stop that; else empty.

    `family` are the pids that would be stopped together with it, and so start nothing any more.
    """
    above = [ancestor for ancestor in facts.ancestors if ancestor.pid not in family]
    return _by_ancestor(above) or _by_systemd(facts) or _by_launchd(facts)


def _by_ancestor(above: list[Ancestor]) -> str:
    for distance, ancestor in enumerate(above):
        name = program(ancestor)
        where = f"(pid {ancestor.pid})"
        if name.startswith("PM2"):
            return f"pm2 {where}: pm2 list, then pm2 stop NAME"
        if name == "supervisord":
            return f"supervisord {where}: supervisorctl status, then supervisorctl stop NAME"
        if name in _SUPERVISORS:
            return f"{name} {where}"
        if name in _RELOADERS or "--reload" in ancestor.command:
            return f"{name}, a reloader {where}"
        if name in _SHELLS:
            if len(ancestor.command) <= 1 or ancestor.command[0].startswith("-"):
                return ""  # somebody types there
            if _loops_over(one_space(_script(ancestor)), above[distance - 1] if distance else None):
                return f"a loop in the shell {name} {where}: end that first, kill {ancestor.pid}"
    return ""


def _loops_over(script: str, child: Ancestor | None) -> bool:
    """Whether the script has a loop that starts `child` again, or the process itself (None).

    A script that started something else, which then started the process, may have any loops.
    """
    if child is None:
        return _LOOP.search(script) is not None
    named = re.compile(rf"\b{re.escape(program(child)[:_MAX_NAME])}\b")
    return any(named.search(body) for body in endless_bodies(script))


def endless_bodies(script: str) -> Iterator[str]:
    """What stands between `do` and `done` in loops without an end of their own.

    Not of others: `for x in a b` does not start again what has ended.
    """
    in_head, body_at = False, None
    for word in _LOOP_WORDS.finditer(script):
        if body_at is not None:
            if word.lastgroup is None:  # done
                yield script[body_at : word.start()]
                in_head, body_at = False, None
        elif in_head and word["does"]:
            body_at = word.end()
        elif word["begins"]:
            in_head = True


def one_space(script: str) -> str:
    """Each stretch of space as one character, a line's end where it has one."""
    return _SPACES.sub(lambda found: "\n" if "\n" in found[0] else " ", script)


def _script(shell: Ancestor) -> str:
    """What a shell that is not interactive runs: the text after -c, or the file's beginning."""
    words = shell.command[1:]
    for index, word in enumerate(words):
        if re.match(r"^-\w*c$", word):
            return words[index + 1][:_MAX_SCRIPT] if index + 1 < len(words) else ""
        if not word.startswith("-"):
            return _beginning_of(Path(shell.folder) / word)
    return ""


def _beginning_of(path: Path) -> str:
    """The beginning of a script's file; empty where it is none, as in `bash <(curl ...)`.

    /dev/fd/3 of another process is not ours, and reading a pipe would wait for ever.
    """
    try:
        if path.is_relative_to("/dev") or path.is_relative_to("/proc"):
            return ""
        return project_file.beginning(str(path), _MAX_SCRIPT).decode("utf-8", "replace")
    except (OSError, ValueError):  # a null character in the name
        return ""


def _by_systemd(facts: ProcessFacts) -> str:
    unit = facts.cgroup.rpartition("/")[2]
    if facts.terminal or not _UNIT.match(unit) or _NO_SERVICE.match(unit):
        return ""
    user = "--user " if "/user@" in facts.cgroup else ""
    sudo = "" if user else "sudo "
    return f"systemd (unit {unit}): {sudo}systemctl {user}stop {unit}"


def _by_launchd(facts: ProcessFacts) -> str:
    """macOS's launchd tells its jobs their label; what a terminal started has 0 or its own."""
    label = facts.environment.get("XPC_SERVICE_NAME", "")
    parent = facts.parent
    if label in ("", "0") or label.startswith("application.") or parent is None or parent.pid != 1:
        return ""
    return f"launchd (job {label}): launchctl bootout gui/$(id -u)/{label}"
