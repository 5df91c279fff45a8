"""Find the devtui to talk to, and talk to it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from typing import Any

from devtui.control import place
from devtui.control.place import Found
from devtui.control.protocol import MAX_ANSWER_BYTES, UNKNOWN, USAGE, VERSION

CONNECT_SECONDS = 2.0

ANSWER_SECONDS = 10.0
"""How long to wait for an answer, beyond what the verb itself may take."""

FAILED, BAD_USAGE, NOT_RUNNING = 1, 2, 3
"""The exit statuses besides 0."""


class CtlError(Exception):
    """The verb got no result; the text is a sentence for people, `status` the exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Link:
    """A connection to one devtui, for one verb after another."""

    def __init__(self, found: Found, connection: socket.socket, client: str) -> None:
        self.found = found
        self.record = found.record
        self._socket = connection
        self._client = client
        self._file = connection.makefile("rb")
        self._number = 0

    def ask(self, verb: str, arguments: dict[str, Any], seconds: float = 0.0) -> Any:
        """Return the result of a verb that may take `seconds`. Raises `CtlError`."""
        self._send(verb, arguments, seconds + ANSWER_SECONDS)
        return self._next(verb).get("result")

    def follow(self, verb: str, arguments: dict[str, Any]) -> Iterator[Any]:
        """Yield the items of a verb, until devtui ends. Raises `CtlError`."""
        self._send(verb, arguments, None)
        while "item" in (answer := self._next(verb)):
            yield answer["item"]

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()

    def _send(self, verb: str, arguments: dict[str, Any], seconds: float | None) -> None:
        self._number += 1
        request = {
            "devtui": VERSION,
            "id": self._number,
            "verb": verb,
            "arguments": arguments,
            "client": self._client,
        }
        self._socket.settimeout(seconds)
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise self._gone() from error

    def _next(self, verb: str) -> dict[str, Any]:
        while True:
            try:
                line = self._file.readline(MAX_ANSWER_BYTES + 1)
            except TimeoutError as error:
                raise CtlError(
                    f"devtui (process {self.record['pid']}) does not answer: it may be suspended, "
                    "and fg in its terminal continues it.",
                    FAILED,
                ) from error
            except OSError as error:
                raise self._gone() from error
            if not line.endswith(b"\n"):
                raise self._gone()
            answer: dict[str, Any] = json.loads(line)
            if answer.get("id") in (self._number, None):
                break
        if fault := answer.get("error"):
            status = BAD_USAGE if fault["code"] in (USAGE, UNKNOWN) else FAILED
            raise CtlError(fault["message"], status)
        return answer

    def _gone(self) -> CtlError:
        return CtlError("devtui closed the connection.", NOT_RUNNING)


def living() -> list[Found]:
    """Return every devtui of this user that can be reached from here."""
    found = []
    for one in place.records():
        connection = place.connect(one.path, CONNECT_SECONDS)
        if connection is not None:
            connection.close()
            found.append(one)
    return found


def link(port: int | None, client: str = "ctl", folder: str | None = None) -> Link:
    """Connect to the devtui of the folder, or of one above. Raises `CtlError`."""
    folder = os.path.realpath(folder or _current_folder())
    found = living()
    chosen = (
        _near(found, folder)
        if port is None
        else [one for one in found if one.record["port"] == port]
    )
    if port is not None and len(chosen) > 1:
        chosen = _near(chosen, folder) or chosen
    if not chosen:
        raise CtlError(_nothing_here(found, folder, port), NOT_RUNNING)
    if len(chosen) > 1:
        text = f"{len(chosen)} devtui run here: choose one with --port behind the verb."
        raise CtlError(f"{text}\n{_named(chosen)}", BAD_USAGE)
    connection = place.connect(chosen[0].path, CONNECT_SECONDS)
    if connection is None:
        raise CtlError("devtui has just ended.", NOT_RUNNING)
    return Link(chosen[0], connection, client)


def _current_folder() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise CtlError(
            f"The current folder cannot be read ({error.strerror}): go to one that exists.", FAILED
        ) from error


def _near(found: list[Found], folder: str) -> list[Found]:
    """Return the sessions of the folder, or else of the nearest folder above that has some."""
    while True:
        here = [one for one in found if one.record["folder"] == folder]
        # A session whose port another program has is not the one that is meant.
        if serving := [one for one in here if one.record["port"]] or here:
            return serving
        if folder == (above := os.path.dirname(folder)):
            return []
        folder = above


def _nothing_here(found: list[Found], folder: str, port: int | None) -> str:
    where = f"in {folder}" if port is None else f"on port {port}"
    start = "devtui APP" if port is None else f"devtui --port {port} APP"
    text = f"No devtui runs {where}. Start one: {start}"
    return (
        f"{text}\nThese run elsewhere; --port behind the verb chooses one:\n{_named(found)}"
        if found
        else text
    )


def _named(found: list[Found]) -> str:
    def line(one: Found) -> str:
        record = one.record
        return f"  port {record['port']}  {record['app']}  {record['folder']}  pid {record['pid']}"

    return "\n".join(sorted(map(line, found)))
