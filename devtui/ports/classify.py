"""Say what kind of program holds the port, so that the user can decide what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from devtui.events import HolderKind
from devtui.ports import containers
from devtui.ports.process_info import Ancestor, ProcessFacts, program, told_to_run
from devtui.server_script import SERVER_SCRIPT

# A variable, because mypy takes branches on `sys.platform` itself as unreachable.
PLATFORM: str = sys.platform

_AIRPLAY_PORTS = (5000, 7000)
_AIRPLAY_NAMES = ("ControlCenter", "ControlCe", "AirPlayXPCHelper", "AirPlayUIAgent")
_AIRPLAY = (
    "macOS's AirPlay Receiver, which macOS starts again: turn it off in System Settings > "
    "General > AirDrop & Handoff > AirPlay Receiver, or use another port"
)

# Forwarders of container engines: Docker on Linux, Docker Desktop, rootless Docker, Podman.
_FORWARDERS = {
    "docker-proxy", "com.docker.backend", "vpnkit", "vpnkit-bridge", "rootlesskit",
    "rootlesskit-docker-proxy", "rootlessport", "gvproxy", "wslrelay", "OrbStack Helper",
}  # fmt: skip
_SERVERS = {
    "gunicorn": "gunicorn, a Python web server",
    "uvicorn": "uvicorn, a Python web server",
    "hypercorn": "hypercorn, a Python web server",
    "waitress-serve": "waitress, a Python web server",
    "uwsgi": "uWSGI, a Python web server",
    "http.server": "Python's own file server (python -m http.server)",
    "nginx": "nginx, a web server",
    "apache2": "Apache, a web server",
    "httpd": "Apache, a web server",
    "caddy": "Caddy, a web server",
    "redis-server": "Redis, a database",
    "postgres": "PostgreSQL, a database",
    "mysqld": "MySQL, a database",
    "jupyter-lab": "a Jupyter server, with notebooks that may have unsaved work",
    "jupyter-notebook": "a Jupyter server, with notebooks that may have unsaved work",
    "svchost": "a service of Windows",
    "System": "Windows itself (http.sys): netsh http show servicestate names the program",
}
_OUR_FILE = "/devtui/__main__.py"
_ADOPTERS = ("systemd", "init", "launchd", "tini", "dumb-init", "docker-init")


def kind_of(
    facts: ProcessFacts,
    port: int,
    folder: Path,
    siblings: Collection[int] = (),
    children: Collection[int] = (),
) -> tuple[HolderKind, str]:
    """Return the kind of a holder, and a note for people without a full stop, or an empty one.

    `folder` is the project's folder and identifies the project's own leftovers. `siblings` are
    the pids of all holders of the port, `children` those that descend from this one.
    """
    name = program(facts)
    return (
        _devtui(facts, folder)
        or _with_reloader(facts, name, folder, children)
        or _of_the_system(facts, name, port)
        or _known_server(facts, name, siblings)
        or ("other", "")
    )


def unseen(port: int, user: str, same_user: bool) -> tuple[HolderKind, str]:
    """Return the kind and the note of a socket whose process is not visible."""
    container = containers.publisher(port)
    if container is not None:
        return "container", _stop_container(container)
    if PLATFORM == "darwin" and port in _AIRPLAY_PORTS:
        return "airplay", f"held by a process that devtui cannot see, probably {_AIRPLAY}"
    look = f"sudo ss -ltnp 'sport = :{port}'"
    if PLATFORM == "darwin":
        look = f"sudo lsof -nP -iTCP:{port} -sTCP:LISTEN"
    if same_user:
        return (
            "unseen",
            "held by a process that devtui cannot see, in another container or in the kernel",
        )
    return "unseen", f"held by a process of another user ({user}): {look} names it"


def _devtui(facts: ProcessFacts, folder: Path) -> tuple[HolderKind, str] | None:
    where = "of this project" if _same(facts.folder, folder) else f"of {facts.folder}"
    if is_server_process(facts.command):
        session = next((above for above in facts.ancestors if _is_devtui(above)), None)
        if session is None:
            return "orphan", f"an orphan of an earlier devtui {where}: nothing needs it any more"
        return "devtui", f"the server process of the devtui with pid {session.pid}, {where}"
    if _is_devtui(facts):
        if facts.pid == os.getpid():
            return "devtui", "this devtui itself"
        attach = ": devtui ctl attach shows it" if _same(facts.folder, folder) else ""
        return "devtui", f"another devtui, {where}{attach}"
    return None


def _is_devtui(process: Ancestor | ProcessFacts) -> bool:
    # `python -m devtui` appears as such, or as the path of the module's file.
    if program(process) == "devtui" or ("tui" in process.command and program(process) == "flask"):
        return True
    # Only the script counts: an editor may have that file open, and our server's arguments name it.
    return any(f"/{word}".endswith(_OUR_FILE) for word in told_to_run(process.command)[:1])


def is_server_process(command: Sequence[str]) -> bool:
    """Whether a command line belongs to a server process of devtui: look for its script.

    This works whatever the interpreter is called and whatever options it has. The two numbers
    behind the script tell it from an editor that has the file open.
    """
    behind = zip(command, command[1:], command[2:], strict=False)
    return any(
        f"/{script}".endswith(f"/{SERVER_SCRIPT}")
        and channel.isdecimal()
        and generation.isdecimal()
        for script, channel, generation in behind
    )


def _with_reloader(
    facts: ProcessFacts, name: str, folder: Path, children: Collection[int]
) -> tuple[HolderKind, str] | None:
    """Recognise `flask run`, Django's runserver, and any program with one of their reloaders."""
    mark = next((mark for mark in RELOADER_MARKS if facts.environment.get(mark) == "true"), None)
    flask_run = name == "flask" and "run" in facts.command
    runserver = name == "manage" and "runserver" in facts.command
    if not (flask_run or runserver or mark):
        return None
    what = "flask run" if flask_run else "manage.py runserver" if runserver else name
    where = "of this project" if _same(facts.folder, folder) else f"of {facts.folder}"
    parent = facts.parent
    if mark:
        if parent is not None and same_program(facts, parent):
            together = f"the reloader's child, which devtui stops together with pid {parent.pid}"
            return "reloader", f"{what} {where}: {together}"
        return "orphan", f"an orphan of {what} {where}: its reloader has exited"
    if _adopted(facts):
        return "orphan", f"{what} {where}, left over: the program that started it has exited"
    if children:
        return (
            "reloader",
            f"{what} {where}: the reloader, which devtui stops together with its child",
        )
    return "server", f"{what} {where}"


RELOADER_MARKS = ("WERKZEUG_RUN_MAIN", "RUN_MAIN")
"""The reloaders of Werkzeug and Django set these to `true` in their child's environment."""


def same_program(facts: ProcessFacts, parent: Ancestor) -> bool:
    """Whether the parent runs the same program: then it is the reloader of this process."""
    own, above = facts.command, parent.command
    return len(own) > 1 and own[-1:] == above[-1:] and program(facts) == program(parent)


def _adopted(facts: ProcessFacts) -> bool:
    """Whether the parent has exited: then the init process has adopted this one."""
    parent = facts.parent
    if facts.terminal or parent is None:
        return False
    return parent.pid == 1 or program(parent) in _ADOPTERS


def _of_the_system(facts: ProcessFacts, name: str, port: int) -> tuple[HolderKind, str] | None:
    if port in _AIRPLAY_PORTS and facts.name in _AIRPLAY_NAMES:
        return "airplay", _AIRPLAY
    if name in _FORWARDERS or facts.name in _FORWARDERS:
        container = containers.publisher(port)
        if container is None:
            return "container", (
                f"{facts.name} forwards the port to a container: stop the container instead "
                f"(docker ps --filter publish={port} names it)"
            )
        return "container", _stop_container(container)
    if name in ("ssh", "sshd", "autossh"):
        return "tunnel", "an SSH tunnel that forwards the port"
    return None


def _stop_container(container: str) -> str:
    return f"published by the container {container}: docker stop {container} frees the port"


def _known_server(
    facts: ProcessFacts, name: str, siblings: Collection[int]
) -> tuple[HolderKind, str] | None:
    # gunicorn and others rewrite their title: "gunicorn: master [app]", "nginx: worker process".
    title = (facts.command[0] if facts.command else facts.name).partition(":")[0].split(" ")[0]
    known = _SERVERS.get(name) or _SERVERS.get(title) or _SERVERS.get(facts.name)
    above = next((above for above in facts.ancestors if above.pid in siblings), None)
    if known is None:
        return None if above is None else ("server", f"shares the socket with pid {above.pid}")
    if above is not None:
        return "server", f"{known}; a worker of pid {above.pid}"
    return "server", known


def _same(path: str, folder: Path) -> bool:
    try:
        return bool(path) and os.path.samefile(path, folder)
    except OSError:  # deleted, or not ours to look at
        return False
