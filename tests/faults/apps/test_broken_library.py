"""A library of devtui's that cannot be imported gets one sentence and no traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.processes import eventually
from tests.support.projects import write
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("files", "failing", "why"),
    [
        (
            {"__init__.py": "import werkzeug_half\n"},
            "__init__.py",
            "ModuleNotFoundError: No module named 'werkzeug_half'",
        ),
        ({"__init__.py": "", "serving.py": "def (\n"}, "serving.py", "SyntaxError: "),
        ({"__init__.py": ""}, "", "ModuleNotFoundError: No module named 'werkzeug.serving'"),
        (
            {"__init__.py": "", "serving.py": ""},
            "serving.py",
            "ImportError: cannot import name 'load_ssl_context'",
        ),
        ({"__init__.py": "1 / 0\n"}, "__init__.py", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_broken_werkzeug(tmp_path: Path, files: dict[str, str], failing: str, why: str) -> None:
    project, libraries = tmp_path / "project", tmp_path / "libraries"
    project.mkdir()
    (project / "hello.py").write_text("def app(environ, start_response): pass\n")
    (libraries / "werkzeug").mkdir(parents=True)
    for name, text in files.items():
        (libraries / "werkzeug" / name).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "devtui", "hello", "--plain", "--port", "0"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(libraries)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Traceback" not in output
    (line,) = [line for line in output.splitlines() if "devtui cannot import" in line]
    place = f" from {str(libraries / 'werkzeug' / failing)!r}" if failing else ""
    assert f"devtui cannot import werkzeug{place} ({why}" in line
    assert line.endswith(f"{sys.executable} -m pip install --force-reinstall werkzeug")


BROKEN = {
    "broken": "raise RuntimeError('broken')\n",
    "too old": "",
    "another": "def __getattr__(name): raise TypeError(name)\n",
}


def environment(libraries: Path, name: str, how: str) -> dict[str, str]:
    write(libraries, {f"{name}/__init__.py": BROKEN[how], "hello.py": APP})
    return {**os.environ, "PYTHONPATH": str(libraries), "PYTHONDONTWRITEBYTECODE": "1"}


APP = "def app(environ, start_response): start_response('200 OK', []); return []\n"


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", ["click", "msgspec"])
@pytest.mark.parametrize("in_code", [False, True], ids=["program", "devtui.run"])
def test_a_library_without_which_nothing_starts(
    tmp_path: Path, name: str, how: str, in_code: bool
) -> None:
    write(tmp_path, {"run.py": f"{APP}import devtui\ndevtui.run(app, port=0)\n"})
    command = [str(tmp_path / "run.py")] if in_code else ["-m", "devtui", "hello", "--port", "0"]
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=environment(tmp_path / "libraries", name, how) | {"DEVTUI_PLAIN": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(("devtui cannot import ", "devtui cannot use "))
    assert line.endswith(f"{sys.executable} -m pip install --force-reinstall {name}")


@pytest.mark.parametrize("how", BROKEN)
def test_the_screen_s_library(devtui: Devtui, tmp_path: Path, how: str) -> None:
    extra = environment(tmp_path / "libraries", "textual", how)
    terminal = devtui("hello", "--port", 0, environment=extra, size=(400, 20))
    assert terminal.wait_exit() == 1
    text = "".join(terminal.text().split())  # it may be wrapped anywhere
    assert "devtuicannotimporttextual" in text
    assert "--force-reinstalltextual" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("how", BROKEN)
def test_devtui_serves_and_ends_without_psutil(tmp_path: Path, how: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "devtui", "hello", "--plain", "--port", "0"],
        cwd=tmp_path,
        env=environment(tmp_path / "libraries", "psutil", how),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        assert eventually(lambda: any(" serving " in line for line in tuple(lines)))
        process.send_signal(signal.SIGINT)
        assert process.wait(processes.DEADLINE) == 128 + signal.SIGINT
        reader.join(processes.DEADLINE)
        assert "Traceback" not in "".join(lines)
        assert "psutil" not in "".join(lines)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", BROKEN)
def test_who_says_that_psutil_is_broken(tmp_path: Path, how: str, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        ended = subprocess.run(
            [sys.executable, "-m", "devtui", "--who", "--port", str(free_port)],
            cwd=tmp_path,
            env=environment(tmp_path / "libraries", "psutil", how),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    output = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Traceback" not in output
    assert "--force-reinstall psutil" in output
