"""Copying: through the terminal (OSC 52), else the platform's program, else into a file.

tmux or GNU screen may be between us and the terminal. By default tmux drops OSC 52, but it has a
command for it (set-clipboard and load-buffer in tmux(1)). screen passes on the content of a DCS
string.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping

from devtui.text.sanitize import pasteable

MAX_OSC52_BYTES = 74_000
"""Longest text for OSC 52: xterm and tmux drop a sequence of 100,000 characters (base64)."""

PROGRAM_SECONDS = 3.0

SCREEN_STRING = 240
"""Characters in one DCS string: GNU screen has room for 256 (MAXSTR in its screen.h)."""

# The variable that names the display of each program; None if it needs no display.
_PROGRAMS: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("pbcopy",), None),
    (("wl-copy",), "WAYLAND_DISPLAY"),
    (("xclip", "-selection", "clipboard"), "DISPLAY"),
    (("xsel", "--clipboard", "--input"), "DISPLAY"),
    (("clip.exe",), None),
)


def copy(
    text: str, write_terminal: Callable[[str], None] | None, environment: Mapping[str, str]
) -> str:
    """Copy `text` in the best way available, and return the end of a sentence "Copied …".

    Characters that could act on the program that gets the paste are left out, see `pasteable`.
    `write_terminal` sends a control sequence to the terminal; None if there is no terminal. Raises
    `OSError` if not even a file could be written. Blocks for some seconds at most.
    """
    data = pasteable(text).encode("utf-8", "backslashreplace")
    if environment.get("TMUX") and _into_tmux(data, environment):
        return "to tmux's buffer and the terminal's clipboard"
    if write_terminal is not None and takes_osc52(environment, len(data)):
        write_terminal(osc52(data, in_screen="STY" in environment))
        return f"to the terminal's clipboard{_provided_that(environment)}"
    for program in programs(environment):
        if _run(program, data):
            return f"to the clipboard with {program[0]}"
    return f"into the file {_write_file(data)}"


def takes_osc52(environment: Mapping[str, str], byte_count: int) -> bool:
    """Whether the terminal may support OSC 52, and the text is short enough."""
    if byte_count > MAX_OSC52_BYTES:
        return False
    return (
        environment.get("TERM") not in ("linux", "dumb")
        and environment.get("TERM_PROGRAM") != "Apple_Terminal"
    )


def osc52(data: bytes, in_screen: bool = False) -> str:
    """Return the sequence that sets the clipboard, in the short strings that GNU screen takes."""
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\a"
    if not in_screen:
        return sequence
    pieces = range(0, len(sequence), SCREEN_STRING)
    return "".join(f"\x1bP{sequence[at : at + SCREEN_STRING]}\x1b\\" for at in pieces)


def _provided_that(environment: Mapping[str, str]) -> str:
    """Return a condition if the terminal is a tmux on another machine, as over ssh."""
    if environment.get("TERM", "").startswith("tmux"):
        return ", if tmux allows it (set -s set-clipboard on)"
    return ""


def _into_tmux(data: bytes, environment: Mapping[str, str]) -> bool:
    tmux = shutil.which("tmux", path=environment.get("PATH"))
    # -w, which passes the text on to the terminal, came with tmux 3.2.
    return tmux is not None and _run((tmux, "load-buffer", "-w", "-"), data)


def programs(environment: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the installed clipboard programs that have the display they need."""
    path = environment.get("PATH")
    return [
        (found, *command[1:])
        for command, display in _PROGRAMS
        if (display is None or environment.get(display))
        and (found := shutil.which(command[0], path=path)) is not None
    ]


def _run(command: tuple[str, ...], data: bytes) -> bool:
    """Run a program with the text as its input, and return whether it succeeded."""
    try:
        # xclip stays behind to serve the text: it must not hold a pipe of ours open.
        result = subprocess.run(  # noqa: S603 - one of our own table, with the text as its input
            command,
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROGRAM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False  # the next way is tried, and named to the user
    return result.returncode == 0


def _write_file(data: bytes) -> str:
    """Write a file that only the user may read (0600), and return its path."""
    descriptor, path = tempfile.mkstemp(prefix="devtui-copy-", suffix=".txt")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return path
