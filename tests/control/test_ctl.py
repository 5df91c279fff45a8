"""The program `devtui ctl`, with a devtui in a terminal and with one that has none."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from devtui.cli.attach_command import attach
from devtui.control import place
from devtui.control.client.ctl import ctl as group
from tests.control.conftest import Controlled, Ctl
from tests.support.processes import DEADLINE, eventually
from tests.support.projects import app_source, says, write
from tests.support.terminal.starter import Devtui, devtui, free_port
from tests.support.terminal.terminal import Terminal

__all__ = ["devtui", "free_port"]  # pytest finds fixtures that are imported here

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("alone")]

SOURCE = app_source("agents.py")


@pytest.fixture
def terminal(devtui: Devtui, folder: Path, alone: Path, free_port: int) -> Terminal:
    """Start devtui of an app in a terminal, and wait until ctl reaches it."""
    pytest.importorskip("flask", reason="Flask is not installed")
    write(folder, {"app.py": SOURCE})
    environment = {place.VARIABLE: os.environ[place.VARIABLE]}
    terminal = devtui("app", "--port", free_port, cwd=folder, environment=environment)
    assert eventually(lambda: list(place.records()))
    return terminal


@pytest.mark.parametrize("option", ["--plain", "--json"])
def test_a_devtui_without_a_screen_is_reached_too(
    devtui: Devtui, ctl: Ctl, folder: Path, free_port: int, option: str
) -> None:
    """What the verbs do is the session's, as in a terminal."""
    write(folder, {"app.py": says("one")})
    started = devtui.start("app", "--port", free_port, option, cwd=folder)
    # The pipe is closed in the end, and must be empty by then.
    assert started.stdout is not None
    reading = threading.Thread(target=started.stdout.read, daemon=True)
    reading.start()
    assert eventually(lambda: list(place.records()))
    assert ctl("wait")["outcome"] in ("served", "unchanged")
    assert ctl("send", "GET", "/")["response"]["text"] == "one"
    assert ctl("restart", "--fresh")["generation"] == 2
    started.terminate()
    started.wait(DEADLINE)
    reading.join(DEADLINE)
    started.stdout.close()


def test_every_verb(terminal: Terminal, ctl: Ctl, folder: Path, free_port: int) -> None:
    """Edit, wait, send, read, evaluate, fix: what an agent does."""
    ctl("wait")
    assert ctl("status")["port"] == free_port
    assert ctl.run("status", "--field", "generation").stdout == "1\n"
    assert [one["port"] for one in ctl("status", "--all")["sessions"]] == [free_port]
    failed = ctl("send", "GET", "/bad", status=1)
    error = failed["errors"][0]["id"]
    request = failed["request"]["id"]
    assert ctl("errors")["errors"][0]["id"] == error
    assert ctl("errors", error)["title"] == "ValueError: no 3 with 7"
    assert ctl("request", request)["status"] == 500
    assert ctl("requests", "--filter", "5xx")["requests"][0]["id"] == request
    assert ctl("eval", error, stdin="sum(numbers)")["value"] == "6"
    assert ctl("eval", error, stdin="1 / 0", status=1)["traceback"]
    again = ctl("replay", request, status=1)
    assert (again["replay_of"], again["differences"]["verdict"]) == (request, "same")
    assert any("about to fail" in one["text"] for one in ctl("logs")["logs"])
    posted = ctl("send", "POST", "/form", "--data", "-", stdin="name=ada")
    assert json.loads(posted["response"]["text"])["name"] == "ada"
    long = ctl("send", "GET", "/long")["response"]
    assert Path(long["path"]).stat().st_size == long["size_bytes"] > len(long["text"])
    os.unlink(long["path"])
    assert {"/bad", "/form"} <= {one["rule"] for one in ctl("routes")["routes"]}
    slow = ctl("send", "GET", "/slow", "--timeout", "0.3", status=1)
    assert ctl("stack", slow["request"]["id"])["frames"][-1]["function"] == "slow"
    assert ctl("hold", "--seconds", "60")["held_by"] == "ctl"
    write(folder, {"app.py": SOURCE.replace("raise ValueError(", "return str(")})
    assert ctl("wait", "--since", "1", status=1)["outcome"] == "held"
    terminal.wait_for("ctl holds reloads: r ends that")
    terminal.wait_for(re.compile(r"agent: \d+ requests"))
    fixed = ctl("release")
    assert (fixed["outcome"], fixed["generation"]) == ("served", 2)
    assert ctl("send", "GET", "/bad")["response"]["text"] == "no 3 with 7"
    assert ctl("debug", "off")["outcome"] == "served"
    assert ctl("port", "0")["outcome"] == "served"
    assert ctl("restart", "--fresh")["generation"] == 5
    terminal.press("2")
    terminal.wait_for("ctl: send GET /bad")


def test_a_key_ends_a_hold(devtui: Devtui, ctl: Ctl, folder: Path, free_port: int) -> None:
    write(folder, {"app.py": says("one")})
    terminal = devtui("app", "--port", free_port, cwd=folder)
    assert eventually(lambda: list(place.records()))
    ctl("wait")
    ctl("hold")
    terminal.wait_for("r ends that")
    write(folder, {"app.py": says("two")})
    assert ctl("wait", "--since", "1", status=1)["outcome"] == "held"
    terminal.press("r")
    terminal.wait_gone("r ends that")
    assert ctl("wait", "--since", "1")["outcome"] == "served"
    assert ctl("send", "GET", "/")["response"]["text"] == "two"


def test_after_kill_9(devtui: Devtui, ctl: Ctl, folder: Path, free_port: int) -> None:
    write(folder, {"app.py": says("one")})
    first = devtui.start("app", "--port", free_port, "--plain", cwd=folder)
    assert eventually(lambda: ctl.run("status").returncode == 0)
    first.send_signal(signal.SIGKILL)
    first.wait(20)
    assert ctl.run("status").returncode == 3
    assert eventually(lambda: not devtui.left())
    devtui.start("app", "--port", free_port, "--plain", cwd=folder)
    assert eventually(lambda: ctl.run("status").returncode == 0)
    assert len(list(place.records())) == 1


def test_nothing_runs(ctl: Ctl, folder: Path) -> None:
    done = ctl.run("wait")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"devtui ctl: No devtui runs in {folder}. Start one: devtui APP\n"


def test_several_run(controlled: Controlled, ctl: Ctl, folder: Path) -> None:
    first, second = controlled(says("one")), controlled(says("one"))
    done = ctl.run("status")
    assert done.returncode == 2
    ports = [live.session.settings.port for live in (first, second)]
    assert "--port behind the verb" in done.stderr
    assert all(f"port {port}  app" in done.stderr for port in ports)
    assert ctl("status", "--port", str(ports[1]))["port"] == ports[1]
    inner = folder / "inner" / "most"
    inner.mkdir(parents=True)
    second.close()
    assert Ctl(inner)("status")["port"] == ports[0]
    elsewhere = Ctl(folder.parent).run("status")
    assert elsewhere.returncode == 3
    assert f"port {ports[0]}" in elsewhere.stderr


@pytest.mark.parametrize("arguments", [["fly"], ["status", "--field", "colour"], ["hold", "-s"]])
def test_bad_usage(controlled: Controlled, ctl: Ctl, arguments: list[str]) -> None:
    controlled(says("one"))
    done = ctl.run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["POST", "/", "--json", "{}"], ["POST", "--json", "[1]", "/"]])
def test_json_for_a_body_is_explained(ctl: Ctl, words: list[str]) -> None:
    done = ctl.run("send", *words)
    assert done.returncode == 2
    assert "use --data for a body" in done.stderr


COMMANDS = {**group.commands, "attach": attach}


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_the_help_of_each_verb_has_an_example(verb: str, ctl: Ctl) -> None:
    command = COMMANDS[verb]
    assert command.epilog is not None
    assert re.search(rf"Example:\n  .*devtui ctl {verb}\b", command.epilog)
    if verb in ("send", "attach"):
        assert "Example:" in ctl.run(verb, "--help").stdout


def test_it_imports_little() -> None:
    code = """\
import sys
from devtui.__main__ import main
sys.argv = ["devtui", "ctl", "status"]
try:
    main()
except SystemExit:
    print([name for name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    loaded = set(ast.literal_eval(done.stdout))
    heavy = {"textual", "werkzeug", "msgspec", "asyncio", "psutil", "rich", "devtui.session"}
    assert "devtui.control.client.ctl" in loaded
    assert not heavy & loaded


def test_people_get_tables(controlled: Controlled, folder: Path, devtui: Devtui) -> None:
    live = controlled(says("one"))
    live.visit("/page")
    rows = _on_terminal(devtui, folder, "requests")
    assert re.search(r"id +time +method +status", rows)
    assert re.search(r"GET +200 .*/page", rows)
    assert "generation" in _on_terminal(devtui, folder, "status")
    assert re.search(r"restarted by ctl  \d+ ms", _on_terminal(devtui, folder, "restart"))
    assert _on_terminal(devtui, folder, "status", "--json").lstrip().startswith("{")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_tables_have_colours_if_they_are_wanted(
    controlled: Controlled, folder: Path, devtui: Devtui, no_color: str, coloured: bool
) -> None:
    controlled(says("one"))
    terminal = _ended(devtui, folder, "status", NO_COLOR=no_color)
    assert (b"\x1b[" in terminal.raw) is coloured


def _on_terminal(devtui: Devtui, folder: Path, *arguments: str) -> str:
    return _ended(devtui, folder, *arguments).text()


def _ended(devtui: Devtui, folder: Path, *arguments: str, **environment: str) -> Terminal:
    environment["XDG_RUNTIME_DIR"] = os.environ["XDG_RUNTIME_DIR"]
    terminal = devtui("ctl", *arguments, cwd=folder, environment=environment)
    terminal.expect_exit(0)
    return terminal
