"""An interpreter that waits to be a server process, and how it is got rid of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import devtui
from devtui.ports.classify import is_server_process
from devtui.session.processes.spawn import Interpreter
from tests.support.processes import eventually

SECONDS = 30


def descriptors() -> set[str]:
    return set(os.listdir("/dev/fd"))


def started() -> Interpreter:
    return Interpreter(7, dict(os.environ), ["devtui", "--plain"])


def test_discarding_kills_reaps_and_closes_and_may_be_done_twice() -> None:
    before = descriptors()
    interpreter = started()
    pid = interpreter.child.pid
    interpreter.discard()
    assert interpreter.child.returncode == -signal.SIGKILL
    assert not psutil.pid_exists(pid)
    assert descriptors() == before
    # The numbers of its descriptors belong to others by now.
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(8)]
    interpreter.discard()
    for other in others:
        os.fstat(other)
        os.close(other)


def test_one_that_has_ended_already_is_discarded_as_well() -> None:
    before = descriptors()
    interpreter = started()
    interpreter.child.kill()
    interpreter.child.wait()
    interpreter.discard()
    assert descriptors() == before


def test_one_that_was_taken_on_is_left_alone() -> None:
    interpreter = started()
    interpreter.taken = True
    interpreter.discard()
    assert interpreter.child.poll() is None
    interpreter.taken = False
    interpreter.discard()


def test_an_interpreter_that_cannot_be_started_leaves_no_descriptor_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = descriptors()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FileNotFoundError):
        started()
    assert descriptors() == before


def inherited(interpreter: Interpreter) -> dict[str, str]:
    """What the process has open, by the numbers; it goes on to open and close files meanwhile."""
    found = {}
    for entry in Path(f"/proc/{interpreter.child.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found[entry.name] = str(entry.readlink())
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc to look into")
def test_it_has_its_own_descriptors_and_none_of_whoever_started_us(tmp_path: Path) -> None:
    """Such as those of a shell's `<(...)`, which would keep the other end waiting."""
    theirs = os.open(tmp_path / "file", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(theirs, True)
    interpreter = started()
    try:
        opened = inherited(interpreter)
        assert opened["0"] == os.devnull
        assert opened["1"].startswith("pipe:")
        assert opened["2"].startswith("pipe:")
        assert str(tmp_path / "file") not in opened.values()
    finally:
        os.close(theirs)
        interpreter.discard()


CLOSED = """\
import os
from devtui.session.processes.spawn import Interpreter
for fd in (0, 1, 2):
    os.close(fd)
interpreter = Interpreter(1, {}, ["devtui"])
assert min(interpreter.channel, interpreter.stdout, interpreter.stderr) > 2
interpreter.discard()
"""


def test_the_standard_descriptors_may_be_closed() -> None:
    assert (
        subprocess.run([sys.executable, "-c", CLOSED], timeout=SECONDS, check=False).returncode == 0
    )


IGNORED = """\
import os, signal
from devtui.session.processes.spawn import Interpreter
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
interpreter = Interpreter(1, dict(os.environ), ["devtui"])
interpreter.discard()
assert interpreter.child.returncode == 0
"""


def test_the_system_may_keep_no_status_of_children() -> None:
    assert (
        subprocess.run([sys.executable, "-c", IGNORED], timeout=SECONDS, check=False).returncode
        == 0
    )


FLAGS = """\
import sys
import warnings
print("dev", sys.flags.dev_mode, "optimize", sys.flags.optimize, "digits", sys._xoptions)
warnings.warn("told as an error", UserWarning)
"""


def test_the_app_runs_with_the_options_that_python_was_started_with(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLAGS, encoding="utf-8")
    options = ["-X", "dev", "-OO", "-W", "error::UserWarning", "-X", "int_max_str_digits=5000"]
    ended = subprocess.run(
        [sys.executable, *options, "-m", "devtui", "--plain", "--port", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "dev True optimize 2 digits {'dev': True, 'int_max_str_digits': '5000'}" in ended.stdout
    assert "UserWarning: told as an error" in ended.stderr
    assert ended.returncode == 1


def test_its_command_line_can_be_read_and_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `ps` shows it, with the options of our own Python."""
    monkeypatch.setattr(sys, "warnoptions", ["error"])
    interpreter = started()
    try:
        process = psutil.Process(interpreter.child.pid)
        assert eventually(process.cmdline), "the kernel shows it a moment after the start"
        command = process.cmdline()
        assert is_server_process(command)
        assert "-c" not in command
        assert command[command.index("-Werror") + 1].endswith("/devtui/server/__main__.py")
        assert command[-2:] == ["devtui", "--plain"]
        assert not is_server_process(psutil.Process().cmdline())
    finally:
        interpreter.discard()


def test_the_app_finds_main_as_with_c(tmp_path: Path) -> None:
    """Without a file, which a process of multiprocessing's would run, and without our folder."""
    (tmp_path / "app.py").write_text(
        "import sys\n"
        "names = vars(sys.modules['__main__'])\n"
        "print({n: v for n, v in sorted(names.items()) if n[0] == '_'}, sys.path[0])\n"
        "raise SystemExit\n"
    )
    code = "print({n: v for n, v in sorted(vars().items()) if n[0] == '_'})"
    plain = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    ended = subprocess.run(
        [sys.executable, "-m", "devtui", "app", "--plain", "--port", "0"],
        cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert f"{plain.stdout.strip()} {tmp_path}\n" in ended.stdout


@pytest.mark.parametrize("needed", [False, True])
def test_where_devtui_was_found_is_on_the_path_only_if_it_must_be(
    needed: bool, tmp_path: Path
) -> None:
    """The current folder is not, whatever it has."""
    (tmp_path / "devtui.py").write_text("raise SystemExit('the wrong one')")
    code = (
        "import sys; sys.argv[1:] = ['0', '0', sys.argv[1]]; "
        "sys.path[:] = [*filter(None, sys.path), sys.argv[3]]; "
        "import devtui.server.boot as boot; boot._leave_out_unless_needed(sys.argv[3]); "
        "import devtui; print(sys.path.count(sys.argv[3]), devtui.__file__)"
    )
    root = str(Path(devtui.__file__).parents[1])
    options = ["-I", "-S"] if needed else []
    environment = {**os.environ, "PYTHONPATH": "" if needed else root}
    done = subprocess.run(
        [sys.executable, *options, "-c", code, root],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    count, file = done.stdout.split(maxsplit=1)
    assert int(count) == 1
    assert file.strip() == devtui.__file__
