"""`devtui --who` with real holders, and how `--plain` and `--json` describe a holder."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from devtui.cli import who
from devtui.cli.command import command, flask_command
from devtui.config.settings import Settings
from devtui.events import Address, Holder, PortBusy, decode_event, encode, utc_now
from devtui.plain_lines import describe
from devtui.ports import holder_text
from devtui.ports.bind import bind
from tests.support.processes import free_port

HOLDER = """\
import signal, socket, sys
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
s.bind((sys.argv[1], 0))
s.listen()
print(s.getsockname()[1], flush=True)
signal.pause()
"""


@contextmanager
def holder(folder: Path, *arguments: str, ip: str = "127.0.0.1") -> Iterator[tuple[int, Any]]:
    """Start a program that listens; yield its port and its process."""
    line = [sys.executable, "-c", HOLDER, ip, *arguments]
    process = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 10)
        assert ready, "it never listened"
        yield int(process.stdout.readline()), process
    finally:
        process.kill()
        process.communicate(timeout=20)


def devtui(*arguments: object, answer: str = "") -> subprocess.CompletedProcess[str]:
    """Run devtui until it exits."""
    return subprocess.run(
        [sys.executable, "-m", "devtui", *map(str, arguments)],
        input=answer, capture_output=True, text=True, timeout=30, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith(("DEVTUI_", "FLASK_"))},
    )  # fmt: skip


@pytest.mark.e2e
def test_a_free_port() -> None:
    port = free_port()
    done = devtui("--who", "--port", port)
    assert (done.returncode, done.stdout) == (0, f"Port {port} on 127.0.0.1 is free.\n")
    report = json.loads(devtui("--who", "--port", port, "--json").stdout)
    assert report["type"] == "port"
    assert report["free"] is True
    assert report["holders"] == []
    assert report["stopped"] is None


@pytest.mark.e2e
def test_who_holds_it_in_words(tmp_path: Path) -> None:
    with holder(tmp_path) as (port, process):
        done = devtui("--who", "--port", port)
    assert done.returncode == 1
    facts = dict(re.findall(r"^ {4}(\w[\w ]*?) {2,}(.*)$", done.stdout, re.MULTILINE))
    assert f"(pid {process.pid})" in done.stdout
    assert facts["listens on"] == "127.0.0.1"
    assert facts["folder"] == str(tmp_path.resolve())
    assert facts["parent"].endswith(f"(pid {os.getpid()})")
    assert facts["command"].endswith("127.0.0.1")
    assert re.match(r"\d+ s, since \d{4}-", facts["running"])
    assert f"To stop it: devtui --who --stop --port {port}\n" in done.stdout
    assert re.search(r"To serve elsewhere: devtui --port \d+\n", done.stdout)


@pytest.mark.e2e
def test_who_holds_it_as_one_object(tmp_path: Path) -> None:
    with holder(tmp_path) as (port, process):
        done = devtui("--who", "--port", port, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["host"], report["port"], report["free"]) == ("127.0.0.1", port, False)
    assert report["reason"] == "busy"
    (held,) = report["holders"]
    assert held["pid"] == process.pid
    assert held["folder"] == str(tmp_path.resolve())
    assert held["addresses"] == [{"ip": "127.0.0.1", "v6_only": None}]
    assert report["next_free_port"] != port
    assert report["stopped"] is None


@pytest.mark.e2e
@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_stopping_needs_a_yes(tmp_path: Path, answer: str) -> None:
    with holder(tmp_path) as (port, process):
        done = devtui("--who", "--stop", "--port", port, answer=answer)
        assert process.poll() is None
    assert done.returncode == 1
    assert "Nothing was stopped." in done.stdout
    assert f"(pid {process.pid})? [y/N]" in done.stderr


@pytest.mark.e2e
def test_a_yes_stops_it(tmp_path: Path) -> None:
    with holder(tmp_path) as (port, process):
        done = devtui("--who", "--stop", "--port", port, answer="y\n")
        assert process.wait(20) == -signal.SIGTERM
    assert done.returncode == 0, done
    assert re.search(
        r"^ +0\.\d s  asking python\S* \(\d+\) to exit \(SIGTERM\)$", done.stdout, re.M
    )
    assert done.stdout.endswith(f"Port {port} on 127.0.0.1 is free.\n")


@pytest.mark.e2e
def test_stopping_without_being_asked_and_as_an_object(tmp_path: Path) -> None:
    with holder(tmp_path, "deaf") as (port, process):
        done = devtui("--who", "--stop", "--yes", "--json", "--port", port)
        assert process.wait(20) == -signal.SIGKILL
    assert done.returncode == 0, done
    report = json.loads(done.stdout)
    assert report["free"] is report["stopped"] is True
    assert report["outcome"].endswith("ignored SIGTERM and was killed.")
    steps = [step["text"].partition(" ")[0] for step in report["steps"]]
    assert steps == ["asking", "killing", "checking"]
    seconds = [step["seconds"] for step in report["steps"]]
    assert seconds == sorted(seconds)
    assert seconds[1] >= 3


@pytest.mark.e2e
def test_nothing_is_stopped_where_the_port_is_free() -> None:
    port = free_port()
    done = devtui("--who", "--stop", "--yes", "--port", port)
    assert (done.returncode, done.stdout) == (0, f"Port {port} on 127.0.0.1 is free.\n")


@pytest.mark.e2e
def test_devtui_never_stops_what_it_runs_in() -> None:
    with bind(Settings(port=0)) as listener:
        port = listener.getsockname()[1]
        done = devtui("--who", "--stop", "--yes", "--port", port)
    assert done.returncode == 1
    assert f"devtui does not stop pid {os.getpid()}: it is devtui itself" in done.stdout


@pytest.mark.e2e
def test_an_address_that_is_not_ours_is_no_conflict() -> None:
    done = devtui("--who", "--stop", "--yes", "--host", "192.0.2.1")
    assert done.returncode == 1
    assert "192.0.2.1 is not an address of this machine" in done.stdout
    assert "nothing to stop" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--stop"], "--stop works only with --who"),
        (["--who", "--yes"], "--yes works only with --stop"),
        (["--who", "--port", "0"], "devtui --who --port 5000"),
        (["--who", "--port", "65536"], "65536"),
        (["--who", "--host", "unix:///x"], "--who needs a port"),
        (["--who", "--demo"], "leave out --demo"),
    ],
)
def test_bad_usage(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2
    assert told in done.output


def test_in_one_process_too_only_a_yes_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "WATCH_SECONDS", 0.1)
    with holder(tmp_path) as (port, process):
        arguments = ["--who", "--stop", "--port", str(port)]
        done = CliRunner().invoke(command, arguments, input="n\n")
        assert (done.exit_code, process.poll()) == (1, None)
        assert "Nothing was stopped." in done.output
        done = CliRunner().invoke(command, arguments, input="y\n")
        assert process.wait(20) == -signal.SIGTERM
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"Port {port} on 127.0.0.1 is free.\n")


@pytest.mark.parametrize("program", [command, flask_command])
def test_both_commands_have_it(program: click.Command) -> None:
    port = free_port()
    done = CliRunner().invoke(program, ["--who", "--port", str(port)])
    assert (done.exit_code, done.output) == (0, f"Port {port} on 127.0.0.1 is free.\n")


def test_the_environment_may_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVTUI_WHO", "1")
    monkeypatch.setenv("DEVTUI_PORT", str(free_port()))
    assert "is free" in CliRunner().invoke(command, []).output


# -- a session without a screen that finds the port taken ---------------------------------------


@pytest.mark.e2e
def test_plain_lines_say_the_same_and_end(tmp_path: Path) -> None:
    with holder(tmp_path) as (port, process):
        began = time.monotonic()
        done = devtui("--port", port, "--plain", "app:app")
        assert time.monotonic() - began < 15
    assert done.returncode == 1
    assert f"(pid {process.pid})" in done.stdout
    assert re.search(rf"folder +{tmp_path.resolve()}", done.stdout)
    assert f"devtui --who --stop --port {port}" in done.stdout
    assert re.search(r"to serve elsewhere: devtui --port \d+", done.stdout)


@pytest.mark.e2e
def test_json_lines_say_the_same_and_end(tmp_path: Path) -> None:
    with holder(tmp_path) as (port, process):
        done = devtui("--port", port, "--json", "app:app")
    assert done.returncode == 1
    events = [decode_event(line.encode()) for line in done.stdout.splitlines()]
    busy = next(event for event in events if isinstance(event, PortBusy))
    assert (busy.port, busy.reason) == (port, "busy")
    assert [held.pid for held in busy.holders] == [process.pid]
    assert busy.next_free_port


# -- the words -----------------------------------------------------------------------------------

EVIL = Holder(
    pid=7,
    name="x\x1b[2J",
    command="x \x1b]52;c;AAAA\x07 " + "y" * 10_000,
    user="ada\n",
    folder="/tmp/\u202egpj",
    parent_pid=6,
    parent="\x1b[31m",
    address="127.0.0.1",
    addresses=(Address(ip="127.0.0.1"),),
    started=utc_now(),
    note="a \x1b[1mnote",
    restarts_by="\x9b",
    children=(8, 9),
)


def test_untrusted_text_is_never_raw() -> None:
    event = PortBusy(
        host="127.0.0.1", port=5000, message="m\x1b", holders=(EVIL,), warnings=("\x07",)
    )
    texts = [text for _, text in describe(event)]
    assert all(text.isprintable() for text in texts)
    assert max(map(len, texts)) < 2_200
    assert any("\\x1b" in text for text in texts)


def test_a_holder_survives_the_codec() -> None:
    event = PortBusy(
        host="::1", port=5000, message="m", holders=(EVIL,), reason="busy", next_free_port=5001
    )
    assert decode_event(encode(event)) == event


def test_an_old_line_of_a_holder_is_still_read() -> None:
    line = b'{"type":"port_busy","host":"h","port":1,"message":"m","holders":[{"pid":1,"name":"n",'
    event = decode_event(line + b'"command":"c","user":"u"}]}')
    assert isinstance(event, PortBusy)
    assert event.holders[0].blocks


def test_unknown_facts_are_left_out() -> None:
    hidden = Holder(
        pid=None, name="", command="", user="ada", address="0.0.0.0", note="held by another user",
        blocks=False, listens=False,
    )  # fmt: skip
    assert holder_text.title(hidden) == "a process of ada"
    assert dict(holder_text.details(hidden)) == {
        "bound to": "0.0.0.0",
        "user": "ada",
        "note": "held by another user",
        "no conflict": "it has another address",
    }


def test_the_advice_fits_the_case() -> None:
    assert list(holder_text.advice("::1", 5000, "busy", (EVIL,), 5001)) == [
        "to stop it: devtui --who --stop --host ::1 --port 5000",
        "to serve elsewhere: devtui --host ::1 --port 5001",
    ]
    assert list(holder_text.advice("127.0.0.1", 80, "permission", (), 1024)) == [
        "to serve elsewhere: devtui --port 1024"
    ]
