"""Pipes, devices and huge files with names of Python files stop nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from devtui import project_file
from devtui.config import env_files
from devtui.ports import supervisors
from devtui.ports.process_info import Ancestor, ProcessFacts
from devtui.server.errors import traceback_data
from devtui.session.reload.half_written import settled
from devtui.session.reload.saves import digest_of
from tests.support.live import Serve
from tests.support.projects import says, write

GIANT = 1_500_000_000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(GIANT)


def directory(path: Path) -> None:
    path.mkdir()


def listener(path: Path) -> None:
    there = os.open(path.parent, os.O_RDONLY)  # a socket's path is limited to 107 bytes
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"/proc/self/fd/{there}/{path.name}")
    os.close(there)


def loop(path: Path) -> None:
    path.symlink_to(path)


MADE = [pipe, device, giant, directory, listener, loop]

Make = Callable[[Path], None]


def in_time(function: Callable[[], object], seconds: float = 5) -> object:
    """Return the result of a function; fail if it takes too long."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert results, "it has not returned"
    return results[0]


@pytest.mark.parametrize("make", MADE)
def test_anything_but_a_regular_file_is_refused_at_once(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "x.py"
    make(path)

    def read() -> str:
        with pytest.raises(OSError, match=r"it is |symbolic links") as caught:
            project_file.read(str(path), 1 << 20)
        return str(caught.value)

    assert in_time(read)


def test_a_file_that_grows_while_it_is_read_is_bounded() -> None:
    assert len(project_file.beginning(__file__, 10)) == 10
    with pytest.raises(OSError, match="larger than 10 bytes"):
        project_file.read(__file__, 10)


def test_a_pipe_in_place_of_a_file_that_was_just_checked_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.py"
    path.write_text("")
    regular = path.stat()
    path.unlink()
    os.mkfifo(path)
    refused = threading.Event()

    def look() -> None:
        with pytest.raises(OSError, match="a pipe"):
            project_file.read(str(path), 10)
        refused.set()

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda path: regular)
        threading.Thread(target=look, daemon=True).start()
        assert refused.wait(10)


def test_we_do_not_wake_the_writer_of_a_pipe(tmp_path: Path) -> None:
    """A writer that waits for a reader goes on waiting: we do not open the pipe."""
    os.mkfifo(tmp_path / "x.py")
    with pytest.raises(OSError, match="a pipe"):
        project_file.read(str(tmp_path / "x.py"), 10)
    with pytest.raises(OSError, match="No such device"):  # ENXIO: the pipe has no reader
        os.open(tmp_path / "x.py", os.O_WRONLY | os.O_NONBLOCK)


@pytest.mark.parametrize("make", MADE)
def test_a_save_waits_for_none_of_them(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "x.py"
    make(path)

    def wait() -> float:
        began = time.monotonic()
        asyncio.run(settled([str(path)]))
        return time.monotonic() - began

    took = in_time(wait)
    assert isinstance(took, float)
    assert took < 1


@pytest.mark.parametrize("make", MADE)
def test_a_loaded_file_that_becomes_one_has_changed(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "x.py")
    assert in_time(lambda: digest_of(str(tmp_path / "x.py"))) == "gone"


@pytest.mark.parametrize("make", MADE)
def test_an_error_in_code_of_such_a_name_is_reported_at_once(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "x.py"
    code = compile("1 / 0", str(path), "exec")
    make(path)

    def describe() -> str:
        try:
            exec(code)
        except ZeroDivisionError as error:
            return traceback_data.describe(error).text
        return ""

    text = in_time(describe)
    assert str(path) in str(text)
    assert "ZeroDivisionError: division by zero" in str(text)


def test_the_lines_of_a_regular_file_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("1 / 0  # here\n")
    with pytest.raises(ZeroDivisionError) as caught:
        exec(compile(path.read_text(), str(path), "exec"))
    assert "1 / 0  # here" in traceback_data.describe(caught.value).text


@pytest.mark.parametrize("make", [pipe, giant, loop])
def test_a_script_that_is_not_a_file_is_not_read(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "x.sh")
    shell = Ancestor(9, "sh", ("sh", "x.sh"), str(tmp_path))
    facts = ProcessFacts(pid=10, name="app", ancestors=(shell,))
    assert in_time(lambda: supervisors.restarts_by(facts) == "")


@pytest.mark.parametrize("make", [pipe, device, directory, listener, loop])
def test_an_env_file_that_is_not_a_file_is_skipped(tmp_path: Path, make: Make) -> None:
    make(tmp_path / ".env")
    assert in_time(lambda: env_files.read(None, str(tmp_path), {}).values == {})


@pytest.mark.parametrize("given", [None, ".env", "/dev/zero"])
def test_an_endless_env_file_is_refused_in_a_sentence(tmp_path: Path, given: str | None) -> None:
    giant(tmp_path / ".env")

    def read() -> str:
        with pytest.raises(env_files.EnvFileError) as caught:
            env_files.read(given, str(tmp_path), {})
        return str(caught.value)

    assert "it is larger than" in str(in_time(read))


@pytest.mark.parametrize("make", MADE)
def test_the_session_goes_on_when_one_appears(serve: Serve, folder: Path, make: Make) -> None:
    live = serve({"app.py": says("1")})
    live.serving()
    make(folder / "zzz.py")
    write(folder, {"app.py": says("2")})
    live.reloaded()
    assert live.get("/").text == "2"


def test_the_session_causes_no_warning(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a\x1b[31mb.py"
    path.write_text("x = '\\d'\ny = 1 is 1\n")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        asyncio.run(settled([str(path)]))
    assert capfd.readouterr() == ("", "")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        began = time.monotonic()
        asyncio.run(settled([str(path)]))
    assert time.monotonic() - began < 0.1  # the file is complete
