from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from devtui.dashboard.desktop.clipboard import MAX_OSC52_BYTES, copy, osc52, programs, takes_osc52


@pytest.mark.parametrize(
    ("environment", "size", "takes"),
    [
        ({"TERM": "xterm-256color"}, 10, True),
        ({"TERM": "linux"}, 10, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, 10, False),
        ({"TERM": "xterm-256color"}, MAX_OSC52_BYTES, True),
        ({"TERM": "xterm-256color"}, MAX_OSC52_BYTES + 1, False),
    ],
)
def test_who_takes_osc_52(environment: dict[str, str], size: int, takes: bool) -> None:
    assert takes_osc52(environment, size) is takes


def test_the_terminal_comes_first() -> None:
    written: list[str] = []
    assert copy("hi", written.append, {"TERM": "xterm"}) == "to the terminal's clipboard"
    assert written == ["\x1b]52;c;aGk=\a"]


def test_tmux_is_asked_before_the_terminal(
    tmp_path: Path, executable: Callable[[str, str], str]
) -> None:
    executable("tmux", f'echo "$@" > {tmp_path}/asked; cat > {tmp_path}/copied')
    written: list[str] = []
    environment = {"TERM": "tmux-256color", "TMUX": "/s,1,0", "PATH": os.environ["PATH"]}
    where = copy("hi", written.append, environment)
    assert where == "to tmux's buffer and the terminal's clipboard"
    assert (tmp_path / "asked").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "copied").read_text() == "hi"
    assert not written


def test_a_tmux_that_cannot_leaves_it_to_the_terminal(
    executable: Callable[[str, str], str],
) -> None:
    executable("tmux", "exit 1")
    written: list[str] = []
    environment = {"TERM": "tmux-256color", "TMUX": "/s,1,0", "PATH": os.environ["PATH"]}
    where = copy("hi", written.append, environment)
    assert where == "to the terminal's clipboard, if tmux allows it (set -s set-clipboard on)"
    assert written == ["\x1b]52;c;aGk=\a"]


def test_gnu_screen_hands_it_on_in_short_strings() -> None:
    written: list[str] = []
    copy("x" * 1000, written.append, {"TERM": "screen", "STY": "1.pts-0.here"})
    pieces = written[0].removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")
    assert max(map(len, pieces)) < 256
    assert "".join(pieces) == osc52(b"x" * 1000)


def test_then_a_program(tmp_path: Path, executable: Callable[[str, str], str]) -> None:
    executable("pbcopy", f"cat > {tmp_path}/copied")
    environment = {"TERM": "linux", "PATH": os.environ["PATH"]}
    where = copy("h\u00e9\ud800", None, environment)
    assert where == f"to the clipboard with {tmp_path}/bin/pbcopy"
    assert (tmp_path / "copied").read_bytes() == b"h\xc3\xa9\\ud800"


def test_a_program_needs_its_display(tmp_path: Path, executable: Callable[[str, str], str]) -> None:
    for name in ("wl-copy", "xclip", "xsel"):
        executable(name, "exit 0")
    path = {"PATH": str(tmp_path / "bin")}

    def names(extra: dict[str, str]) -> list[str]:
        return [os.path.basename(command[0]) for command in programs({**path, **extra})]

    assert names({}) == []
    assert names({"DISPLAY": ":0"}) == ["xclip", "xsel"]
    assert names({"WAYLAND_DISPLAY": "wayland-0"}) == ["wl-copy"]


def test_last_a_file_for_the_user_alone(
    tmp_path: Path, executable: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    executable("pbcopy", "exit 1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    where = copy("secret", None, {"PATH": str(tmp_path / "bin")})
    file = where.removeprefix("into the file ")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    with open(file) as opened:
        assert opened.read() == "secret"
