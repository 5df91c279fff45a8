"""Find the processes that hold a port, and the sockets whose processes are not visible."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil

from devtui.events import Address, Holder
from devtui.ports import classify, sockets_linux, supervisors
from devtui.ports.process_info import ProcessFacts, facts_of

# A variable, because mypy takes branches on `sys.platform` itself as unreachable.
PLATFORM: str = sys.platform

_Found = dict[int, set[Address]]


def holders(port: int, folder: Path | None = None) -> tuple[Holder, ...]:
    """List all listeners on the port, by pid; sockets without a visible process come last.

    `folder` is the project's folder (by default the current one) and identifies its leftovers.
    Raises `OSError` if the system does not tell who listens.
    """
    if PLATFORM == "linux":
        return _of_sockets(sockets_linux.listening(port), port, folder or Path.cwd())
    return tuple(_known(_seen_by_psutil(port), port, folder or Path.cwd(), listens=True))


def silent_holders(port: int, folder: Path | None = None) -> tuple[Holder, ...]:
    """List the owners of sockets on the port that do not listen: merely bound, or connected.

    Such a socket may keep others from binding. devtui never stops its process, which may be a
    client such as a browser. Only Linux lists these, merely bound ones since 6.8.
    """
    if PLATFORM != "linux":
        return ()
    return _of_sockets(sockets_linux.silent(port), port, folder or Path.cwd())


def _of_sockets(
    found: tuple[sockets_linux.Socket, ...], port: int, folder: Path
) -> tuple[Holder, ...]:
    owners = sockets_linux.owners({socket.inode for socket in found})
    seen: _Found = defaultdict(set)
    hidden: dict[int, set[Address]] = defaultdict(set)
    listens = all(socket.listens for socket in found)
    for socket in found:
        pids = owners[socket.inode]
        for pid in pids:
            seen[pid].add(socket.address)
        if not pids:
            hidden[socket.uid].add(socket.address)
    return (
        *_known(seen, port, folder, listens=listens),
        *(_unseen(uid, addresses, port, listens) for uid, addresses in sorted(hidden.items())),
    )


def _known(found: _Found, port: int, folder: Path, *, listens: bool) -> Iterator[Holder]:
    all_facts: list[ProcessFacts] = []
    for pid in sorted(found):
        with contextlib.suppress(psutil.NoSuchProcess):
            all_facts.append(facts_of(pid))
    pids = {facts.pid for facts in all_facts}
    below: dict[int, list[int]] = defaultdict(list)
    for facts in all_facts:
        for pid in {above.pid for above in facts.ancestors}:
            below[pid].append(facts.pid)
    for facts in all_facts:
        children = tuple(below[facts.pid])
        kind, note = classify.kind_of(facts, port, folder, pids, children)
        yield Holder(
            pid=facts.pid,
            name=facts.name,
            command=" ".join(facts.command).strip() or facts.name,
            user=facts.user,
            started=facts.started,
            folder=facts.folder,
            parent_pid=facts.parent.pid if facts.parent else None,
            parent=facts.parent.name if facts.parent else "",
            kind=kind,
            note=note if listens else _silent_note(note),
            restarts_by=supervisors.restarts_by(facts, pids),
            children=children,
            listens=listens,
            addresses=_ordered(found[facts.pid]),
            address=_text(found[facts.pid]),
        )


def _silent_note(note: str) -> str:
    silent = "its socket does not listen but keeps the port"
    return f"{note}; {silent}" if note else silent


def _unseen(uid: int, addresses: set[Address], port: int, listens: bool) -> Holder:
    user = _user_name(uid)
    kind, note = classify.unseen(port, user, same_user=os.geteuid() in (0, uid))
    return Holder(
        pid=None,
        name="",
        command="",
        user=user,
        kind=kind,
        note=note,
        listens=listens,
        addresses=_ordered(addresses),
        address=_text(addresses),
    )


def _user_name(uid: int) -> str:
    import pwd  # missing on Windows, which never gets here

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _ordered(found: set[Address]) -> tuple[Address, ...]:
    return tuple(sorted(found, key=str))


def _text(found: set[Address]) -> str:
    return ", ".join(map(str, _ordered(found)))


def _seen_by_psutil(port: int) -> _Found:
    """Find the listeners on systems without /proc: by psutil, then by lsof if psutil finds none.

    On macOS only root may list all connections, so we ask each process and skip those that
    refuse. Windows gives everybody the list, with every pid.
    """
    found: _Found = defaultdict(set)
    pairs: Iterable[tuple[int, Address]]
    pairs = _whole_table(port) if PLATFORM == "win32" else _process_by_process(port)
    for pid, address in pairs:
        found[pid].add(address)
    if not found and PLATFORM != "win32":
        from devtui.ports import sockets_lsof

        for pid, address in sockets_lsof.listeners(port):
            found[pid].add(address)
    return found


def _whole_table(port: int) -> Iterator[tuple[int, Address]]:
    for connection in psutil.net_connections("tcp"):
        address = connection.laddr
        if connection.status == psutil.CONN_LISTEN and address and address.port == port:
            yield connection.pid or 0, Address(ip=address.ip)


def _process_by_process(port: int) -> Iterator[tuple[int, Address]]:
    for process in psutil.process_iter():
        # psutil 6 renamed the method; the old name warns there.
        ask: Callable[..., list[Any]] = (
            getattr(process, "net_connections", None) or process.connections
        )
        try:
            for connection in ask("tcp"):
                address = connection.laddr
                if connection.status == psutil.CONN_LISTEN and address and address.port == port:
                    yield process.pid, Address(ip=address.ip)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
