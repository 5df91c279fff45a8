"""Describe the holders of a port as labelled lines that are safe to display."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from devtui.events import Holder, RefusalReason, utc_now
from devtui.text import formats
from devtui.text.sanitize import visible

MAX_TEXT = 500
MAX_COMMAND = 2_000


def title(holder: Holder) -> str:
    """Name a holder: `python3 (pid 1234)`, or its user if the process is not visible."""
    if holder.pid is None:
        return f"a process of {shown(holder.user)}"
    return f"{shown(holder.name)} (pid {holder.pid})"


def details(holder: Holder, now: datetime | None = None) -> Iterator[tuple[str, str]]:
    """Yield a label and a text for each known property of a holder."""
    if holder.note:
        yield "it is" if holder.pid is not None else "note", shown(holder.note)
    if holder.restarts_by:
        yield "restarts", f"probably restarted by {shown(holder.restarts_by)}"
    if holder.command:
        yield "command", visible(holder.command, MAX_COMMAND)
    if holder.folder:
        yield "folder", shown(holder.folder)
    yield "user", shown(holder.user)
    if holder.started is not None:
        age = formats.uptime(((now or utc_now()) - holder.started).total_seconds())
        since = holder.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        yield "running", f"{age}, since {since}"
    yield "listens on" if holder.listens else "bound to", shown(holder.address)
    if holder.parent_pid is not None:
        yield "parent", f"{shown(holder.parent)} (pid {holder.parent_pid})"
    if holder.children:
        yield "children", "pid " + ", ".join(map(str, holder.children))
    if not holder.blocks:
        yield "no conflict", "it has another address"


def advice(
    host: str,
    port: int,
    reason: RefusalReason,
    holders: Iterable[Holder],
    next_free_port: int | None,
) -> Iterator[str]:
    """Yield the commands that help when a port is refused, each in a sentence."""
    where = "" if host == "127.0.0.1" else f" --host {visible(host, 100)}"
    if reason == "busy" and any(h.pid is not None and h.blocks and h.listens for h in holders):
        yield f"to stop it: devtui --who --stop{where} --port {port}"
    if next_free_port is not None:
        yield f"to serve elsewhere: devtui{where} --port {next_free_port}"


def shown(text: str) -> str:
    """Turn untrusted text into one bounded line that is safe to display."""
    return visible(text, MAX_TEXT)
