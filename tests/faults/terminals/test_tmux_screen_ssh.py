"""devtui inside tmux, inside GNU screen, and over ssh."""

from __future__ import annotations

import base64
import getpass
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.terminal.dashboard_page import request_row, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal, clean_environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

APP = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]
"""

TOO_SMALL = re.compile(r"This\s+terminal\s+is\s+too\s+small:")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "hello.py").write_text(APP)
    return tmp_path


def needs(*programs: str) -> None:
    """Skip the test if a program is missing; look in /usr/sbin and the like too."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    for program in programs:
        if shutil.which(program, path=path) is None:
            pytest.skip(f"{program} is not installed")


def use(terminal: Terminal, port: int, *, mouse: bool = True) -> None:
    """Use devtui in a terminal of 100x30: see a request, copy, open the help, resize."""
    url = wait_serving(terminal, port)
    assert get(f"{url}/?copied").status == 200
    terminal.wait_for(request_row("GET", "/?copied", 200))
    terminal.press("y")
    terminal.wait_for("to the terminal's clipboard")
    assert base64.b64encode(f"{url}/?copied".encode()) in terminal.raw
    if mouse:
        terminal.click_on("? keys")
    else:
        terminal.press("?")
    terminal.wait_for("─ Keys ─")
    terminal.press("escape")
    terminal.wait_gone("─ Keys ─")
    terminal.resize(39, 10)
    terminal.wait_for(TOO_SMALL)
    terminal.resize(80, 24)
    terminal.wait_for("q leave")


class Tmux:
    """A private tmux whose only window runs a command."""

    def __init__(self, folder: Path, environment: dict[str, str], command: str) -> None:
        self._environment = {**environment, "TMUX_TMPDIR": str(folder)}
        self._folder = folder
        self.do("new-session", "-d", "-x", "100", "-y", "30", command)

    def do(self, *command: str) -> str:
        """Run a command of tmux and return its output."""
        done = subprocess.run(
            ["tmux", "-L", "devtui", "-f", "/dev/null", *command],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=10,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shows(self, wanted: str | re.Pattern[str]) -> None:
        """Wait until the window shows a text or pattern."""
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
        found = processes.eventually(
            lambda: pattern.search(self.do("capture-pane", "-p")) is not None, 20
        )
        assert found, f"no {wanted!r} in\n{self.do('capture-pane', '-p')}"


def test_inside_tmux(devtui: Devtui, free_port: int, project: Path) -> None:
    needs("tmux")
    devtui.ports.append(free_port)
    environment = {**clean_environment(), processes.MARK: devtui.mark}
    command = f"exec {shlex.quote(sys.executable)} -m devtui hello --port {free_port}"
    tmux = Tmux(project, environment, command)
    url = f"http://127.0.0.1:{free_port}"
    tmux.shows(re.compile(rf"SERVING +{url}"))
    assert get(f"{url}/?copied").status == 200
    tmux.shows(request_row("GET", "/?copied", 200))
    tmux.do("send-keys", "y")
    tmux.shows("to tmux's buffer")
    assert f"{url}/?copied" in tmux.do("show-buffer")
    lines = tmux.do("capture-pane", "-p").splitlines()
    footer = next(line for line in lines if "? keys" in line)
    place = f"0;{footer.index('? keys') + 1};{lines.index(footer) + 1}"
    tmux.do("send-keys", "-l", f"\x1b[<{place}M\x1b[<{place}m")
    tmux.shows("─ Keys ─")
    tmux.do("send-keys", "Escape")
    tmux.do("resize-window", "-x", "39", "-y", "10")
    tmux.shows(TOO_SMALL)
    tmux.do("resize-window", "-x", "80", "-y", "24")
    tmux.shows("q leave")
    tmux.do("send-keys", "q")
    devtui.assert_gone(20)


def test_inside_gnu_screen(devtui: Devtui, free_port: int, project: Path) -> None:
    """It has no 24-bit colour, although the inherited variable says so, and no mouse."""
    needs("screen")
    sockets = project / "s"
    sockets.mkdir(mode=0o700)
    settings = project / "screenrc"
    settings.write_text("startup_message off\n")
    screen = devtui(
        *("hello", "--port", free_port),
        below=("screen", "-c", str(settings), "-S", "devtui"),
        environment={"SCREENDIR": str(sockets)},
        size=(100, 30),
    )
    use(screen, free_port, mouse=False)
    # It reads the 41 in `48;2;41;60;89` as red.
    assert screen.look_of("/?copied").bg != "red", screen.framed()
    screen.press("q")
    screen.expect_exit(0)
    screen.restored()


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """Start an ssh server and return the command that logs in with a terminal."""
    needs("ssh", "sshd", "ssh-keygen")
    if os.geteuid() == 0 and not Path("/run/sshd").is_dir():
        pytest.skip("sshd, run by root, wants a folder /run/sshd")
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    for key in ("server", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
        subprocess.run(command, check=True, timeout=20)
    port = processes.free_port()
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/server\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/user.pub\nPasswordAuthentication no\nPidFile none\n"
    )
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert sshd is not None
    # sshd needs its absolute path, because it starts itself again for each client.
    server = subprocess.Popen([sshd, "-D", "-q", "-f", str(folder / "config")])
    try:
        listens = processes.eventually(lambda: not processes.can_bind(port), 20)
        assert listens, "sshd does not listen"
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        yield (
            *("ssh", "-tt", "-F", "none", "-i", str(folder / "user"), "-p", str(port)),
            *(word for option in options for word in ("-o", option)),
            f"{getpass.getuser()}@127.0.0.1",
            # A shell reads the rest of the command line there.
            *("cd", shlex.quote(str(tmp_path)), "&&", "exec", "env", "LANG=C.UTF-8"),
        )
    finally:
        server.terminate()
        server.wait(20)


def test_over_ssh(devtui: Devtui, free_port: int, project: Path, ssh: tuple[str, ...]) -> None:
    below = (*ssh, f"{processes.MARK}={devtui.mark}")
    terminal = devtui("hello", "--port", free_port, below=below, size=(100, 30))
    use(terminal, free_port)
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()


def test_a_connection_that_breaks_leaves_nothing_behind(
    devtui: Devtui, free_port: int, project: Path, ssh: tuple[str, ...]
) -> None:
    below = (*ssh, f"{processes.MARK}={devtui.mark}")
    terminal = devtui("hello", "--port", free_port, below=below, size=(100, 30))
    wait_serving(terminal, free_port)
    terminal.send_signal(signal.SIGKILL)
    terminal.wait_exit()
    devtui.assert_gone(20)
