"""`devtui.run(app)` from a script, from `python -m`, and called by mistake."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.terminal.terminal import Terminal, clean_environment

pytestmark = pytest.mark.e2e

APP = """\
import os, sys
import devtui

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"first"]

"""
RUNS = """\
if __name__ == "__main__":
    devtui.run(app, port=int(os.environ["PORT"]))
"""


class Program:
    """A program that calls `devtui.run` with `DEVTUI_JSON`, and its output."""

    def __init__(
        self, arguments: list[str], cwd: Path, environment: Mapping[str, str], stack: ExitStack
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env={
                **clean_environment(),
                processes.MARK: self.mark,
                "DEVTUI_JSON": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        stack.callback(self._finish)

    def next(self, kind: str, **fields: object) -> dict[str, Any]:
        """Read events up to a matching one. The test's timeout is the deadline."""
        assert self.process.stdout is not None
        told = []
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            told.append(line[:300])
            if event["type"] == kind and all(event[key] == fields[key] for key in fields):
                return event
        raise AssertionError(f"no {kind} in {told} {self.process.communicate()[1]}")

    def leave(self) -> str:
        """End the program as ctrl+c does, check that nothing is left, and return its stderr."""
        self.process.send_signal(signal.SIGINT)
        _, stderr = self.process.communicate(timeout=20)
        assert self.process.returncode == 130, stderr
        assert processes.eventually(lambda: not processes.marked(self.mark))
        return stderr

    def _finish(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=20)
        processes.end(processes.marked(self.mark))


@pytest.fixture
def start(tmp_path: Path, free_port: int) -> Iterator[Callable[..., Program]]:
    with ExitStack() as stack:

        def started(*arguments: str, cwd: Path = tmp_path, **environment: str) -> Program:
            return Program(list(arguments), cwd, {"PORT": str(free_port), **environment}, stack)

        yield started


@pytest.fixture
def url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


def test_an_app_made_in_a_function_of_a_script_in_another_folder(
    start: Callable[..., Program], apps: Path, url: str
) -> None:
    program = start("errors/incode.py", "an argument", cwd=apps)
    loaded = program.next("app_loaded")
    assert (loaded["app"], loaded["framework"]) == ("incode.py", "flask.Flask")
    assert loaded["sources"] == [str(apps / "errors" / "incode.py")]
    assert program.next("serving")["url"] == url
    assert get(url).text == "made in a function"
    name, arguments, file, debug = eval(get(f"{url}/who").text)
    assert (name, file, debug) == ("__main__", "incode.py", True)
    assert arguments[1:] == ["an argument"]
    program.process.send_signal(signal.SIGINT)
    out, _ = program.process.communicate(timeout=20)
    assert '"after the call"' in out  # in the server process, as under Flask's reloader


def test_a_save_reloads_and_python_m_works(
    start: Callable[..., Program], project: Callable[[Mapping[str, str]], Path], url: str
) -> None:
    main = "from pkg.site import *\n" + RUNS
    folder = project({"pkg/__init__.py": "", "pkg/site.py": APP, "pkg/__main__.py": main})
    program = start("-m", "pkg", cwd=folder)
    assert program.next("app_loaded")["app"] == "-m pkg"
    program.next("serving")
    assert get(url).text == "first"
    (folder / "pkg" / "site.py").write_text(APP.replace("first", "again"))
    assert program.next("reloaded")["paths"] == [str(folder / "pkg" / "site.py")]
    assert get(url).text == "again"
    assert program.leave() == ""


def test_a_reload_that_fails_ends_it_with_the_traceback(
    start: Callable[..., Program], project: Callable[[Mapping[str, str]], Path], free_port: int
) -> None:
    folder = project({"hello.py": APP + RUNS})
    program = start("hello.py", cwd=folder)
    program.next("serving")
    (folder / "hello.py").write_text(APP + "1 / 0\n" + RUNS)
    failed = program.next("app_failed")
    assert failed["reload"] is True
    _, stderr = program.process.communicate(timeout=20)
    assert program.process.returncode == 1
    assert stderr.startswith("Traceback (most recent call last):\n")
    assert f'File "{folder / "hello.py"}", line 8' in stderr
    assert stderr.endswith("ZeroDivisionError: division by zero\n")
    assert processes.can_bind(free_port)


def test_without_the_guard_the_call_is_ignored_with_a_message(
    start: Callable[..., Program], project: Callable[[Mapping[str, str]], Path], url: str
) -> None:
    folder = project({"hello.py": APP + "devtui.run(app, port=1)\n"})
    program = start("-m", "devtui", "hello", "--port", url.rpartition(":")[2], cwd=folder)
    message = program.next("log_written", stream="stderr")["text"]
    assert message.startswith("devtui ignores this call of devtui.run(), because the app is being")
    program.next("serving")
    assert get(url).text == "first"
    program.leave()


def test_a_worker_of_multiprocessing_starts_no_second_server(
    start: Callable[..., Program], project: Callable[[Mapping[str, str]], Path], url: str
) -> None:
    views = APP.replace(
        '    return [b"first"]',
        "    import multiprocessing\n"
        "    spawn = multiprocessing.get_context('spawn')\n"
        "    worker = spawn.Process(target=print, args=('worked',))\n"
        "    worker.start()\n"
        "    worker.join(20)\n"
        "    return [str(worker.exitcode).encode()]",
    )
    folder = project({"hello.py": views + "devtui.run(app, port=int(os.environ['PORT']))\n"})
    program = start("hello.py", cwd=folder)
    program.next("serving")
    assert get(url, timeout=30).text == "0"
    program.next("log_written", text="worked")
    program.leave()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "devtui.run(app, processes=3)",
            "devtui.run() has no option 'processes': use one of use_re",
        ),
        ("devtui.run(None)", "devtui.run() needs a WSGI application, not 'NoneType'."),
        ("devtui.run(app, ssl_context=object())", "ssl_context must be 'adhoc' or the paths"),
    ],
)
def test_invalid_arguments(
    start: Callable[..., Program], tmp_path: Path, call: str, message: str
) -> None:
    (tmp_path / "hello.py").write_text(f"{APP}{call}\n")
    _, stderr = start("hello.py").process.communicate(timeout=20)
    assert f"TypeError: {message}" in stderr


def test_without_a_file_to_run_again(start: Callable[..., Program]) -> None:
    _, stderr = start("-c", f"{APP}devtui.run(app)").process.communicate(timeout=20)
    assert "RuntimeError: devtui.run() runs the program again at each reload" in stderr


def test_a_program_that_does_not_reach_the_call_again(
    start: Callable[..., Program], tmp_path: Path
) -> None:
    once = APP + "if not os.path.exists('once'):\n    open('once', 'w').close()\n    "
    (tmp_path / "hello.py").write_text(once + "devtui.run(app, port=int(os.environ['PORT']))\n")
    program = start("hello.py")
    _, stderr = program.process.communicate(timeout=20)
    assert program.process.returncode == 1
    assert stderr == "hello.py has ended without a call of devtui.run().\n"


def test_arguments_and_flask_s_configuration(
    start: Callable[..., Program], tmp_path: Path, free_port: int
) -> None:
    (tmp_path / "cert").write_text("")
    (tmp_path / "hello.py").write_text(
        "import devtui\n"
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        f"app.config['SERVER_NAME'] = 'localhost:{free_port}'\n"
        "app.add_url_rule('/', view_func=lambda: str(app.debug))\n"
        "if __name__ == '__main__':\n"
        "    devtui.run(app, debug=False, use_debugger=True, threaded=False)\n"
    )
    program = start("hello.py")
    serving = program.next("serving")
    assert serving["url"] == f"http://localhost:{free_port}"
    assert program.next("debugger_ready")["pin"]
    assert get(serving["url"]).text == "False"
    program.leave()


def test_in_a_terminal(tmp_path: Path, free_port: int, url: str) -> None:
    """A breakpoint works in a program as it does under the command."""
    stops = APP.replace("    start", "    breakpoint()\n    start")
    (tmp_path / "hello.py").write_text(stops + RUNS)
    environment = {"PORT": str(free_port), "DEVTUI_PLAIN": "1"}
    with Terminal([sys.executable, "hello.py"], cwd=tmp_path, environment=environment) as terminal:
        terminal.wait_for("not for production", 20)
        getting = subprocess.Popen(
            [sys.executable, "-c", f"import urllib.request as u; print(u.urlopen({url!r}).read())"],
            stdout=subprocess.PIPE,
            text=True,
        )
        terminal.wait_for("(Pdb)")
        terminal.type("c")
        terminal.press("enter")
        assert getting.communicate(timeout=20)[0] == "b'first'\n"
        terminal.press("ctrl+c")
        terminal.expect_exit(130)
        terminal.restored()
