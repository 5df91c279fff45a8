"""A small editor: a client of the debug adapter protocol, as VS Code speaks it to debugpy."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.processes import eventually

SECONDS = 60.0

Message = dict[str, Any]


class Editor:
    """Acts like VS Code with somebody who presses `continue` at each breakpoint.

    It attaches to the adapter on `port`, as soon as one listens, and to its sub-processes. It
    disconnects from a process that has ended. `hits` are the places where breakpoints were hit, as
    function and line. `threads` are the names of the threads at the last hit. `attached` counts the
    processes.
    """

    def __init__(self, port: int, breakpoints: Mapping[Path, int], **attach: Any) -> None:
        self.hits: list[tuple[str, int]] = []
        self.threads: list[str] = []
        self.attached = 0
        self._breakpoints = breakpoints
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._sessions: list[_Session] = []
        self._threads: list[threading.Thread] = []
        self._start(port, attach)

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        with self._lock:
            for session in self._sessions:
                session.disconnect()
        for thread in self._threads:
            thread.join(SECONDS)
        for session in self._sessions:
            session.close()

    def wait_attached(self, number: int) -> None:
        """Wait until it has attached to that many processes."""
        assert eventually(lambda: self.attached >= number, SECONDS), f"{self.attached} attached"

    def _start(self, port: int, attach: Mapping[str, Any]) -> None:
        thread = threading.Thread(target=self._follow, args=(port, attach), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _follow(self, port: int, attach: Mapping[str, Any]) -> None:
        end = time.monotonic() + SECONDS
        while not self._closed.is_set() and time.monotonic() < end:
            # The adapter of the process before may still listen, just before it ends.
            with suppress(OSError, AdapterGone):
                session = _Session(port)
                with self._lock:
                    self._sessions.append(session)
                session.attach(port, attach, self._breakpoints)
                break
            self._closed.wait(0.05)
        else:
            return
        self.attached += 1
        with suppress(OSError, AdapterGone):
            while True:  # until the adapter closes the connection, as it does once we disconnect
                self._handle(session, session.next_event())

    def _handle(self, session: _Session, event: Message) -> None:
        body = event.get("body", {})
        match event["event"]:
            case "debugpyAttach":
                self._start(body["connect"]["port"], {"subProcessId": body["subProcessId"]})
            case "stopped":
                thread = body["threadId"]
                frame = session.ask("stackTrace", threadId=thread)["stackFrames"][0]
                self.threads = [one["name"] for one in session.ask("threads")["threads"]]
                self.hits.append((frame["name"], frame["line"]))
                session.ask("continue", threadId=thread)
            case "terminated":
                session.disconnect()


class AdapterGone(Exception):
    """The adapter has closed the connection."""


class _Session:
    """One connection to an adapter."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        self._socket.settimeout(SECONDS)
        self._stream = self._socket.makefile("rb")
        self._asked = 0
        self._events: list[Message] = []

    def attach(self, port: int, attach: Mapping[str, Any], breakpoints: Mapping[Path, int]) -> None:
        """Attach, and set the breakpoints."""
        self.ask("initialize", adapterID="test", clientID="test")
        self._send("attach", {"connect": {"host": "127.0.0.1", "port": port}, **attach})
        held: list[Message] = []
        while (event := self.next_event())["event"] != "initialized":
            held.append(event)
        for file, line in breakpoints.items():
            self.ask("setBreakpoints", source={"path": str(file)}, breakpoints=[{"line": line}])
        self.ask("configurationDone")
        self._events[:0] = held

    def ask(self, command: str, **arguments: Any) -> Any:
        """Send a request and return the body of its answer."""
        number = self._send(command, arguments)
        while (message := self._receive()).get("request_seq") != number:
            if message["type"] == "event":
                self._events.append(message)
        if not message["success"]:
            raise AdapterGone(message)
        return message.get("body")

    def next_event(self) -> Message:
        """The next event, as soon as there is one."""
        if self._events:
            return self._events.pop(0)
        while (message := self._receive())["type"] != "event":
            pass
        return message

    def disconnect(self) -> None:
        """Let the debuggee go on without us.

        The connection stays open for the answer. An adapter that cannot send it ends at once, and
        takes the debuggers of all processes with it.
        """
        with suppress(OSError):
            self._send("disconnect", {"terminateDebuggee": False})

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()

    def _send(self, command: str, arguments: Mapping[str, Any]) -> int:
        self._asked += 1
        message = {"seq": self._asked, "type": "request", "command": command}
        body = json.dumps({**message, "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return self._asked

    def _receive(self) -> Message:
        length = 0
        while (line := self._stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name == b"Content-Length":
                length = int(value)
        if not length:
            raise AdapterGone
        message: Message = json.loads(self._stream.read(length))
        return message
