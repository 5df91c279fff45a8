"""Run a command in a real pseudo-terminal: press its keys, read its screen and its bytes.

The screen is pyte's. It answers no queries, like a terminal that does not know them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from pyte.screens import Char

from devtui.control import place
from tests.support.processes import DEADLINE
from tests.support.terminal import keys, modes, picture
from tests.support.terminal.emulation import Screen

_T = TypeVar("_T")

STILL = 0.1
"""How long a text has to stay where it is before it is clicked on, in seconds."""

FRAME = 0.5
"""How long the screen waits for the rest of a frame, in seconds."""

# The first terminal that a session leader opens becomes its controlling one. The shell opens it,
# because otherwise code would have to run between fork and exec in a process with threads.
_ADOPT = 'tty=$1; shift; exec "$@" <"$tty" >"$tty" 2>"$tty"'


class Terminal:
    """A running command and the terminal that it runs in; to be used in a `with` statement.

    `environment` is added to a clean one. A `screen` has a size of its own. All waits have a
    deadline in seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
        screen: Screen | None = None,
    ) -> None:
        self._screen = screen or Screen(*size)
        self.columns, self.lines = self._screen.columns, self._screen.lines
        self._raw = bytearray()
        self._ended = False
        self._changed = threading.Condition()
        self._wake = os.pipe()
        self._master, slave = pty.openpty()
        try:
            self._set_size()
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _ADOPT, "sh", os.ttyname(slave), *command],
                cwd=cwd,
                env={**clean_environment(), **(environment or {})},
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # Keep ours open until the child has opened its own, or the terminal would look closed.
            self._slave: int | None = slave
        except BaseException:
            for end in (self._master, slave, *self._wake):
                os.close(end)
            raise
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what a person does

    def press(self, *names: str) -> None:
        """Press keys by name: `enter`, `ctrl+c`, `shift+r`, or the character itself."""
        for name in names:
            self._write(keys.encoded(name))

    def type(self, text: str) -> None:
        """Type text, each character as it is."""
        self._write(text.encode())

    def paste(self, text: str) -> None:
        """Paste text, which the program takes at once; a key for each character is more work."""
        self._write(f"\x1b[200~{text}\x1b[201~".encode())

    def click(self, x: int, y: int) -> None:
        """Press and release the left button over a cell; both count from 0."""
        place = f"0;{x + 1};{y + 1}"
        self._write(f"{keys.ESC}[<{place}M{keys.ESC}[<{place}m".encode())

    def click_on(self, text: str, *, times: int = 1) -> None:
        """Wait for a text that stands still, and click on its first character, `times` times."""
        deadline = time.monotonic() + DEADLINE
        place = self.place_of(text)
        while self._moves(text, place):
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} does not stand still\n{self.framed()}")
            place = self.place_of(text)
        for _ in range(times):
            self.click(*place)

    def wheel(self, x: int, y: int, steps: int) -> None:
        """Turn the wheel over a cell, up where `steps` is negative."""
        button = 64 if steps < 0 else 65
        self._write(f"{keys.ESC}[<{button};{x + 1};{y + 1}M".encode() * abs(steps))

    def send(self, data: bytes) -> None:
        """Send bytes that stand for no key."""
        self._write(data)

    def resize(self, columns: int, lines: int) -> None:
        """Change the terminal's size; the program gets SIGWINCH."""
        with self._changed:
            self.columns, self.lines = columns, lines
            self._screen.resize(lines, columns)
        self._set_size()

    def wipe(self) -> None:
        """Clear the screen below a full-screen program, or else the screen itself.

        The command does not notice.
        """
        with self._changed:
            self._screen.wipe()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the command, and to nothing else."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the window, so to speak: the terminal is gone, and the program gets SIGHUP."""
        self._close_slave()
        os.write(self._wake[1], b"!")  # a reader that waits on the master would keep it open
        self._reader.join(DEADLINE)
        self._close_master()

    # -- what a person sees

    @property
    def pid(self) -> int:
        """The command's process id."""
        return self._process.pid

    @property
    def raw(self) -> bytes:
        """Every byte written to the terminal so far."""
        with self._changed:
            return bytes(self._raw)

    def text(self) -> str:
        """The screen's lines, without the spaces at their ends."""
        with self._changed:
            self._until_whole()
            return "\n".join(line.rstrip() for line in self._screen.display)

    def place_of(self, text: str, timeout: float = DEADLINE) -> tuple[int, int]:
        """Wait for a text on the screen, and say where it begins, from 0: the column, the line."""
        self.wait_for(text, timeout)
        if (place := self._place(text)) is None:
            raise AssertionError(f"{text!r} is not on one line\n{self.framed()}")
        return place

    def look_of(self, text: str, at: int = 0) -> Char:
        """How a text on the screen looks at one of its characters: its colours, bold, reverse."""
        with self._changed:  # or the text could move on before it is looked at
            x, y = self.place_of(text)
            return self._screen.buffer[y][x + at]

    def modes_on(self) -> list[str]:
        """The modes that are switched on now, in words."""
        return modes.left_on(self.raw)

    def framed(self) -> str:
        """The screen in a frame, for messages."""
        rule = "+" + "-" * self.columns + "+"
        lines = [f"|{line:<{self.columns}}|" for line in self.text().split("\n")]
        return "\n".join([rule, *lines, rule])

    def wait_for(self, wanted: str | re.Pattern[str], timeout: float = DEADLINE) -> re.Match[str]:
        """Wait until a text or pattern is on the screen, and return the match."""
        pattern = _pattern(wanted)
        return self._wait(lambda: pattern.search(self.text()), f"no {wanted!r}", timeout)

    def wait_gone(self, unwanted: str | re.Pattern[str], timeout: float = DEADLINE) -> None:
        """Wait until a text or pattern is no longer on the screen."""
        pattern = _pattern(unwanted)
        self._wait(
            lambda: pattern.search(self.text()) is None or None, f"still {unwanted!r}", timeout
        )

    def wait_quiet(self, seconds: float = 0.3, timeout: float = DEADLINE) -> None:
        """Wait until nothing was written for some time: the screen is whole, not half repainted."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._changed.wait(seconds):
                if time.monotonic() > deadline:
                    raise AssertionError(f"no {seconds} s without output\n{self.framed()}")

    def wait_exit(self, timeout: float = DEADLINE) -> int:
        """Wait for the command's end and all of its output; return its status as a shell does."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s\n{self.framed()}") from None
        self._close_slave()
        self._reader.join(timeout)
        return code if code >= 0 else 128 - code

    def expect_exit(self, status: int, timeout: float = DEADLINE) -> None:
        """Wait for the command's end, and assert its status."""
        found = self.wait_exit(timeout)
        assert found == status, f"ended with {found}, not {status}\n{self.framed()}"

    def restored(self) -> None:
        """Assert that every mode which was switched on is off again, and that the cursor shows."""
        left_on = modes.left_on(self.raw)
        assert not left_on, f"the terminal was left with: {', '.join(left_on)}"

    def used(self, mode: str) -> bool:
        """Whether a private mode, by its number, was ever switched on."""
        return modes.ever_on(self.raw, mode)

    # -- pictures

    def svg(self, path: Path | str | None = None, title: str = "") -> str:
        """The screen as an SVG document, which is also written to `path`."""
        with self._changed:
            self._until_whole()
            document = picture.svg(self._screen, title)
        if path is not None:
            Path(path).write_text(document, encoding="utf-8")
        return document

    def png(self, path: Path | str) -> None:
        """The screen as a PNG file. Needs `rsvg-convert`."""
        command = ["rsvg-convert", "--zoom", "1.5", "--output", str(path)]
        subprocess.run(command, input=self.svg().encode(), check=True, timeout=30)

    # -- the end

    def close(self) -> None:
        """End the command, and what is left of its process group, by force."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(DEADLINE)
        self.hang_up()
        for end in self._wake:
            os.close(end)

    # -- inside

    def _place(self, text: str) -> tuple[int, int] | None:
        for y, line in enumerate(self.text().splitlines()):
            if text in line:
                return line.index(text), y
        return None

    def _moves(self, text: str, place: tuple[int, int]) -> bool:
        """Whether it does not stay there, as in a frame that has only half arrived."""
        with self._changed:
            return self._changed.wait_for(lambda: self._place(text) != place, STILL)

    def _wait(self, condition: Callable[[], _T | None], complaint: str, timeout: float) -> _T:
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (result := condition()):
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    why = "the program ended" if self._ended else f"{timeout} s"
                    raise AssertionError(f"{complaint} on the screen ({why})\n{self.framed()}")
                self._changed.wait(min(left, FRAME))
        return result

    def _until_whole(self) -> None:
        """Wait for the end of a frame, as a terminal does before it shows the frame."""
        self._changed.wait_for(lambda: self._ended or not self._screen.amid_frame, FRAME)

    def _read(self) -> None:
        """Read the command's output, until no process is left that could write."""
        while True:
            ready, _, _ = select.select([self._master, self._wake[0]], [], [], 0.1)
            if self._wake[0] in ready:
                break
            if self._master in ready:
                if not (chunk := _read_some(self._master)):
                    break
                with self._changed:
                    self._raw += chunk
                    answer = self._screen.feed(chunk)
                    if not self._screen.amid_frame:
                        self._changed.notify_all()
                self._write(answer)
            elif self._process.poll() is not None:
                self._close_slave()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def _set_size(self) -> None:
        size = struct.pack("HHHH", self.lines, self.columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def _close_slave(self) -> None:
        slave, self._slave = self._slave, None
        if slave is not None:
            os.close(slave)

    def _close_master(self) -> None:
        master, self._master = self._master, -1
        if master >= 0:
            os.close(master)


def clean_environment() -> dict[str, str]:
    """The environment of a fresh terminal, without the settings of the test run.

    In particular it has no PYTHONDONTWRITEBYTECODE, which hides bugs with stale bytecode.
    """
    kept = ("PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", place.VARIABLE)
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    return {**environment, **terminal}


def _read_some(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError as error:
        if error.errno == errno.EIO:  # Linux's way to say that nobody has the other end open
            return b""
        raise


def _pattern(text: str | re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(re.escape(text)) if isinstance(text, str) else text
