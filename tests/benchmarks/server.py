"""Start a server under test, send it requests, save its files, and measure what it takes."""

from __future__ import annotations

import fcntl
import os
import pty
import socket
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.benchmarks.peers import Peer
from tests.benchmarks.programs import environment, free_port

POLL_SECONDS = 0.002
# Polling takes processor time, which two processes that start side by side need too.
START_POLL_SECONDS = 0.005
DEADLINE = 15.0
START_DEADLINE = 60.0  # a busy machine may stall for long, and a run is not to end for that
REST_SECONDS = 0.5
RESTING = 0.05  # of a core; a reloader that compares all files' times takes some all day


class Server:
    """A server that runs, and a client of it."""

    def __init__(self, popen: subprocess.Popen[bytes], folder: Path, port: int, fd: int) -> None:
        self._popen = popen
        self._folder = folder
        self._address = ("127.0.0.1", port)
        self._number = 0
        self._began = time.perf_counter()
        self._frame: float | None = None
        if fd >= 0:
            threading.Thread(target=self._read, args=(fd,), daemon=True).start()
        answered = self._serves("n", START_DEADLINE, START_POLL_SECONDS)
        assert answered, f"{popen.args!r} never answered"

        self.first_answer_ms = (time.perf_counter() - self._began) * 1000

    def _read(self, fd: int) -> None:
        seen = b""
        with suppress(OSError):
            while data := os.read(fd, 65536):
                seen = (seen + data)[-100_000:]
                if self._frame is None and b"Requests" in seen:
                    self._frame = (time.perf_counter() - self._began) * 1000

    def first_frame_ms(self) -> float:
        """From the start to the first frame on the screen."""
        end = time.monotonic() + DEADLINE
        while self._frame is None:
            assert time.monotonic() < end, "there is no frame"
            time.sleep(0.002)
        return self._frame

    def ask(self) -> str:
        """The body of one response; raises `OSError` where there is none, or not a good one."""
        with socket.create_connection(self._address, timeout=DEADLINE) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head[:40])
        return body.decode()

    def _serves(self, text: str, deadline: float = DEADLINE, pause: float = POLL_SECONDS) -> bool:
        """Wait until it serves this text; false where it does not within the deadline."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            with suppress(OSError):
                if self.ask().startswith(text):
                    return True
            time.sleep(pause)
        return False

    def rest(self) -> None:
        """Wait until its processes take no more of the processor, such as to start one ahead."""
        end, quiet, before = time.monotonic() + DEADLINE, 0, self.cpu_seconds()
        while time.monotonic() < end and quiet < 2:
            time.sleep(REST_SECONDS)
            now = self.cpu_seconds()
            quiet = quiet + 1 if now - before < RESTING * REST_SECONDS else 0
            before = now

    def _save(self) -> str:
        self._number += 1
        text = f"n{self._number}-"
        source = f"TEXT = {text + '.' * self._number!r}\n"
        fresh = self._folder / ".part.new"
        fresh.write_text(source)
        os.replace(fresh, self._folder / "part.py")
        return text

    def save_and_wait(self, pause: float | None = None) -> float:
        """Milliseconds from a save to the first response with it, after a pause (None: rest)."""
        if pause is None:
            self.rest()
        else:
            time.sleep(pause)
        began = time.perf_counter()
        self._serves(self._save())
        return (time.perf_counter() - began) * 1000

    def save_from_nothing(self) -> float:
        """The same, with nothing started ahead."""
        self.rest()
        for process in self._processes()[2:]:
            process.kill()
        return self.save_and_wait(0.1)

    def errors_under_load(self) -> int:
        """How many requests get no good answer in ten reloads, with two clients that ask on."""
        done, errors = threading.Event(), 0

        def ask_on() -> None:
            nonlocal errors
            while not done.is_set():
                try:
                    self.ask()
                except OSError:
                    errors += 1
                time.sleep(0.001)

        clients = [threading.Thread(target=ask_on) for _ in range(2)]
        for client in clients:
            client.start()
        for _ in range(10):
            self.save_and_wait(0.5)
        done.set()
        for client in clients:
            client.join()
        return errors

    def _processes(self) -> list[psutil.Process]:
        """devtui itself, its server process, and the standby."""
        top = psutil.Process(self._popen.pid)
        return [top, *sorted(top.children(), key=lambda process: process.create_time())]

    def standby_mb(self) -> float:
        """What the standby takes that no other process shares."""
        self.rest()
        return float(self._processes()[-1].memory_full_info().uss) / 1e6

    def cpu_seconds(self) -> float:
        """What the server and its processes have taken of the processor so far."""
        top = psutil.Process(self._popen.pid)
        taken = 0.0
        for process in [top, *top.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                taken += times.user + times.system
        return taken


@contextmanager
def running(python: Path, folder: Path, peer: Peer, screen: bool = False) -> Iterator[Server]:
    """A server while the block runs; with `screen`, in a terminal of its own."""
    port = free_port()
    variables = {**environment(), "TERM": "xterm-256color"}
    words = [word.format(port=port) for word in peer.command]
    if "--reloader-stat" in words:
        words.remove("--reloader-stat")
        variables["PYTHONPATH"] = str(folder / "stat")
    ours, theirs = pty.openpty() if screen else (-1, subprocess.DEVNULL)
    if screen:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    popen = subprocess.Popen(
        [str(python.parent / words[0]), *words[1:]],
        cwd=folder,
        env=variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs if screen else subprocess.DEVNULL,  # Textual draws on stderr
        start_new_session=True,
    )
    try:
        yield Server(popen, folder, port, ours)
    finally:
        family = [popen.pid, *(p.pid for p in psutil.Process(popen.pid).children(recursive=True))]
        popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            popen.wait(5)
        for pid in family:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        popen.wait()
        for fd in (ours, theirs):
            if fd >= 0:
                os.close(fd)
