"""Env and config files of another account have no effect on which code runs or who gets access."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devtui.config import config_file, env_files
from tests.support import processes
from tests.support.projects import says, write
from tests.support.terminal.terminal import clean_environment

STRANGER = 65534  # nobody, on every Linux

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0,
    reason="only root can make files of another account",
)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make a folder that everybody may write to, like /tmp, with a project of ours in it."""
    folder = tmp_path / "shared"
    (folder / "project").mkdir(parents=True)
    folder.chmod(0o1777)
    return folder


def plant(path: Path, text: str) -> Path:
    path.write_text(text)
    os.chown(path, STRANGER, STRANGER)
    return path


def read(folder: Path, env_file: str | None = None) -> env_files.EnvFiles:
    return env_files.read(env_file, str(folder), {})


@pytest.mark.parametrize("name", [".env", ".flaskenv"])
def test_a_strangers_file_is_skipped(shared: Path, name: str) -> None:
    file = plant(shared / name, "FLASK_APP=evil\n")
    found = read(shared / "project")
    assert found.values == {}
    assert found.files == ()
    assert found.notice is not None
    assert str(file) in found.notice
    assert f"devtui -e {file}" in found.notice


def test_the_users_file_above_a_strangers_is_read(shared: Path) -> None:
    plant(shared / "project" / ".env", "A=theirs\nB=theirs\n")
    (shared / ".env").write_text("A=mine\n")
    found = read(shared / "project")
    assert found.values == {"A": "mine"}
    assert found.notice is not None


def test_a_strangers_link_to_the_users_file_is_skipped(shared: Path) -> None:
    other = shared / "other.env"
    other.write_text("FLASK_APP=other\n")
    (shared / ".env").symlink_to(other)
    os.lchown(shared / ".env", STRANGER, STRANGER)
    assert read(shared / "project").values == {}


def test_the_users_link_to_a_strangers_file_is_skipped(shared: Path) -> None:
    plant(shared / "theirs", "FLASK_APP=evil\n")
    (shared / "project" / ".env").symlink_to("../theirs")
    assert read(shared / "project").values == {}


def test_a_file_on_the_command_line_is_read_whoever_owns_it(shared: Path) -> None:
    file = plant(shared / ".env", "A=named\n")
    found = read(shared / "project", str(file))
    assert found.values == {"A": "named"}
    assert found.notice is None


def test_under_sudo_the_users_file_is_read(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(shared / ".env", "A=theirs\n")
    monkeypatch.setenv("SUDO_UID", str(STRANGER))
    assert read(shared / "project").values == {"A": "theirs"}


def test_another_account_reads_only_its_own_files_and_roots(shared: Path) -> None:
    """Apply the rule in a process of another account."""
    files = {"theirs": STRANGER, "roots": 0, "third": 12345}
    for name, uid in files.items():
        (shared / name).write_text("")
        os.chown(shared / name, uid, uid)
    folder = os.open(shared, os.O_RDONLY)
    # Everything is imported and opened first: the account may not enter the folders above.
    code = (
        "import os, sys\n"
        "from devtui.config import trust\n"
        "os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))\n"
        "for name in sys.argv[3:]:\n"
        "    if trust.is_trusted(os.stat(name, dir_fd=int(sys.argv[1]))): print(name)\n"
    )
    try:
        trusted = subprocess.run(
            [sys.executable, "-c", code, str(folder), str(STRANGER), *files],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=30,
            pass_fds=[folder],
        ).stdout
    finally:
        os.close(folder)
    assert trusted.split() == ["theirs", "roots"]


OWN = {"XDG_CONFIG_HOME": os.devnull}


@pytest.mark.parametrize("name", ["devtui.toml", "pyproject.toml"])
def test_a_strangers_config_is_skipped(shared: Path, name: str) -> None:
    text = "app = 'evil'\n" if name == "devtui.toml" else "[tool.devtui]\napp = 'evil'\n"
    file = plant(shared / "project" / name, text)
    found = config_file.find(str(shared / "project"), OWN)
    assert found.files == ()
    (notice,) = found.notices
    assert f"devtui --config {file}" in notice
    (shared / "devtui.toml").write_text("port = 1\n")
    (mine,) = config_file.find(str(shared / "project"), OWN).files
    assert mine.settings == {"port": 1}
    (named, *_) = config_file.given(str(file), OWN).files
    assert named.settings == {"app": "evil"}


def test_a_strangers_pyproject_without_our_table_is_no_news(shared: Path) -> None:
    plant(shared / "pyproject.toml", "[tool.other]\n")
    assert config_file.find(str(shared / "project"), OWN).notices == ()


def test_a_strangers_file_in_the_users_own_folder_is_skipped(shared: Path) -> None:
    (shared / "devtui").mkdir()
    plant(shared / "devtui" / "config.toml", "app = 'evil'\n")
    found = config_file.find(str(shared / "project"), {"XDG_CONFIG_HOME": str(shared)})
    assert found.files == ()
    assert len(found.notices) == 1


@contextmanager
def session(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[Iterator[dict[str, Any]]]:
    """Run a session without a screen in that folder and yield its events."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devtui", "--json", *arguments], cwd=folder,
        env={**clean_environment(), **environment}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    deadline = threading.Timer(30, process.kill)
    deadline.start()
    try:
        yield map(json.loads, process.stdout)
    finally:
        deadline.cancel()
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.e2e
def test_the_demo_reads_no_env_files(shared: Path) -> None:
    """Not even the user's own: the example ignores the current folder."""
    (shared / ".env").write_text("WERKZEUG_DEBUG_PIN=111-222-333\nFLASK_DEBUG=0\nFLASK_APP=evil\n")
    port = str(processes.free_port())
    places = {"TMPDIR": str(shared), "FLASK_SKIP_DOTENV": "0"}
    with session(shared, "--demo", "--port", port, **places) as events:
        ready = next(event for event in events if event["type"] in ("debugger_ready", "reloaded"))
    assert ready["type"] == "debugger_ready"
    assert re.fullmatch(r"[\d-]{11}", ready["pin"])
    assert ready["pin"] != "111-222-333"


@pytest.mark.e2e
def test_a_strangers_file_does_not_name_the_app_and_devtui_says_so(shared: Path) -> None:
    plant(shared / ".env", f"FLASK_APP={shared}/evil.py\nFLASK_RUN_PORT=1\n")
    plant(shared / "evil.py", f"open({str(shared / 'ran')!r}, 'w')\n")
    write(shared / "project", {"app.py": says("mine")})
    port = str(processes.free_port())
    said = []
    with session(shared / "project", "--port", port) as events:
        for event in events:
            said.append(event.get("text", ""))
            if event["type"] in ("app_loaded", "app_failed"):
                break
    assert event["type"] == "app_loaded"
    assert any("does not read" in text and "it belongs to" in text for text in said)
    assert not (shared / "ran").exists()
