"""Find out whether something will probably restart a process after it stops, and what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from devtui import project_file
from devtui.ports.process_info import Ancestor, ProcessFacts, program

# Programs that restart a process when it exits, and programs that restart it when a file changes.
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
# Both take one pass over any text: no part of a match can start at two places.
_LOOP = re.compile(r"(?:^|[;&|({\n]|\bdo\b)\s?(?:while|until)\s|\bfor\s?\(\(\s?;")
_SPACES = re.compile(r"\s+")
_LOOP_WORDS = re.compile(r"\b(?:(?P<begins>(?:while|until)\s|for\s?\(\()|(?P<does>do\b)|done\b)")
_MAX_SCRIPT = 64 * 1024
_MAX_NAME = 256

# Units that run shells and jobs: systemd does not restart the processes that these start.
_NO_SERVICE = re.compile(r"^(ssh|sshd|cron|crond|getty|display-manager|gdm|lightdm|user)(@|\.)")
_UNIT = re.compile(r"^[\w:.\\@-]+\.service$")


def restarts_by(facts: ProcessFacts, family: Collection[int] = ()) -> str:
    """Name what will probably restart the process, and say how to stop that; else return ''.

    `family` are the pids that stop together with the process, so they cannot restart it.
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
                return ""  # an interactive shell
            if _loops_over(one_space(_script(ancestor)), above[distance - 1] if distance else None):
                return (
                    f"a loop in the shell {name} {where}: stop that first with kill {ancestor.pid}"
                )
    return ""


def _loops_over(script: str, child: Ancestor | None) -> bool:
    """Whether the script has a loop that restarts `child` (None means the process itself).

    A loop around another command does not count.
    """
    if child is None:
        return _LOOP.search(script) is not None
    named = re.compile(rf"\b{re.escape(program(child)[:_MAX_NAME])}\b")
    return any(named.search(body) for body in endless_bodies(script))


def endless_bodies(script: str) -> Iterator[str]:
    """Yield the text between `do` and `done` of each loop that may run for ever.

    A loop such as `for x in a b` ends, so it does not count.
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
    """Replace each run of whitespace by one character: a newline if the run contains one."""
    return _SPACES.sub(lambda found: "\n" if "\n" in found[0] else " ", script)


def _script(shell: Ancestor) -> str:
    """Return what a non-interactive shell runs: the text after -c, or the script's beginning."""
    words = shell.command[1:]
    for index, word in enumerate(words):
        if re.match(r"^-\w*c$", word):
            return words[index + 1][:_MAX_SCRIPT] if index + 1 < len(words) else ""
        if not word.startswith("-"):
            return _beginning_of(Path(shell.folder) / word)
    return ""


def _beginning_of(path: Path) -> str:
    """Read the beginning of a script; return '' if it is not a file, as in `bash <(curl ...)`.

    Another process's /dev/fd/3 means nothing here, and reading from a pipe could wait for ever.
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
    """Recognise a job of macOS's launchd by its label; programs in a terminal have 0 or none."""
    label = facts.environment.get("XPC_SERVICE_NAME", "")
    parent = facts.parent
    if label in ("", "0") or label.startswith("application.") or parent is None or parent.pid != 1:
        return ""
    return f"launchd (job {label}): launchctl bootout gui/$(id -u)/{label}"
