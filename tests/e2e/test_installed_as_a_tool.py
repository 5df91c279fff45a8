"""devtui installed by uv and pipx from the package index, in projects made by uv, poetry and venv.

Nothing here is a stand-in. Without the index the tests are skipped, with what pip says as reason.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import processes
from tests.support.client import request
from tests.support.projects import app_source, write
from tests.support.terminal.starter import next_event
from tests.support.terminal.terminal import clean_environment

pytestmark = [pytest.mark.install, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]

HELLO = app_source("interpreters/installed_as_a_tool.py")


class Tools:
    """uv, pipx and poetry in a throwaway environment, and all that they make beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "tools" / "bin"
        kept = {
            name: value
            for name, value in clean_environment().items()
            if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
        }
        self.environment = {
            **kept,
            "PATH": os.pathsep.join([str(self.bin), f"{folder}/uv-bin", "/usr/bin", "/bin"]),
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "UV_TOOL_DIR": str(folder / "uv-tools"),
            "UV_TOOL_BIN_DIR": str(folder / "uv-bin"),
            "UV_PYTHON": sys.executable,
            "PIPX_HOME": str(folder / "pipx"),
            "PIPX_BIN_DIR": str(folder / "pipx-bin"),
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "POETRY_CACHE_DIR": str(folder / "poetry"),
            "POETRY_VIRTUALENVS_IN_PROJECT": "false",
        }
        self.wheel = ""

    def run(self, *command: str | Path, cwd: Path | None = None) -> str:
        """Run a program to its good end, and return its output."""
        done = self.done(*command, cwd=cwd)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        return done.stdout

    def done(
        self, *command: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )

    @contextmanager
    def session(
        self, folder: Path, *command: str | Path, variables: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Run `devtui --json`, however it is called, and end it."""
        process = subprocess.Popen(
            [*command, "--json", "-p", "0", "hello"],
            cwd=folder,
            env={**self.environment, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=processes.DEADLINE)

    def served(self, folder: Path, *command: str | Path, **more: Any) -> dict[str, Any]:
        """What the app tells of its environment, with the Python that devtui names."""
        with self.session(folder, *command, **more) as process:
            python = next_event(process, "server_started")["python"]
            url = next_event(process, "serving")["url"]
            facts: dict[str, Any] = json.loads(request(url, "GET", "/").body)
            return {"python": python, **facts}


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    found = Tools(tmp_path_factory.mktemp("tools"))
    target = found.folder / "tools"
    done = found.done(sys.executable, "-m", "pip", "install", "-q", "--target", target, "uv")
    if done.returncode == 0:  # uv installs the others in a tenth of the time
        done = found.done("uv", "tool", "install", "-q", "pipx")
    if done.returncode == 0:
        done = found.done("uv", "tool", "install", "-q", "poetry")
    if done.returncode:
        pytest.skip(f"the package index cannot be reached: {done.stdout.strip()[-300:]}")
    source = found.folder / "source"
    source.mkdir()
    shutil.copytree(ROOT / "devtui", source / "devtui", ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, source)
    found.run("uv", "build", "-q", "--wheel", "-o", found.folder / "wheel", source)
    (wheel,) = (found.folder / "wheel").glob("*.whl")
    found.wheel = str(wheel)
    found.run("uv", "tool", "install", "-q", wheel)
    found.run("pipx", "install", "-q", wheel)
    return found


@pytest.fixture
def of_uv(tools: Tools) -> Path:
    return tools.folder / "uv-bin" / "devtui"


@pytest.fixture
def of_pipx(tools: Tools) -> Path:
    return tools.folder / "pipx-bin" / "devtui"


def test_a_project_of_uv(tools: Tools, of_uv: Path, of_pipx: Path, tmp_path: Path) -> None:
    """Served by a tool, layered over it by `uv run`, and at last added to it."""
    folder = tmp_path / "project"
    tools.run("uv", "init", "-q", "--bare", "--no-workspace", folder)
    tools.run("uv", "add", "-q", "flask", cwd=folder)
    write(folder, {"hello.py": HELLO, "deep/er/hello.py": HELLO})
    venv = str(folder / ".venv")
    for devtui, place in ((of_uv, folder), (of_pipx, folder / "deep" / "er")):
        facts = tools.served(place, devtui)
        assert facts["python"] == f"{venv}/bin/python"
        assert facts["prefix"] == venv
        assert (facts["ours"], facts["venv"]) == ([], None)
        assert not [path for path in facts["path"] if "uv-tools" in path or "pipx" in path]
    layered = tools.served(folder, "uv", "run", "-q", "--with", tools.wheel, "devtui")
    assert layered["python"] == ""
    once = tools.served(folder, "uvx", "-q", "--from", tools.wheel, "devtui")
    assert (once["prefix"], once["ours"]) == (venv, [])
    tools.run("uv", "add", "-q", "--dev", tools.wheel, cwd=folder)
    own = tools.served(folder, of_pipx)
    assert (own["python"], own["prefix"]) == ("", venv)
    assert "devtui" in own["ours"]


def test_a_project_of_poetry(tools: Tools, of_uv: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    tools.run("poetry", "new", "-q", "--python", ">=3.10", folder)
    write(folder, {"hello.py": HELLO})
    tools.run("poetry", "env", "use", sys.executable, cwd=folder)
    venv = tools.run("poetry", "env", "info", "-p", cwd=folder).strip().splitlines()[-1]
    # Its environment lies elsewhere: devtui says how to get there, and what is missing in it.
    with tools.session(folder, of_uv) as process:
        message = next_event(process, "app_failed")["message"]
        assert message.endswith("Type: poetry run devtui --json -p 0 hello")
    with tools.session(folder, "poetry", "run", "-q", of_uv) as process:
        assert next_event(process, "app_failed")["message"].endswith("Type: poetry add flask")
    if tools.done("poetry", "add", "-q", "flask", cwd=folder).returncode:
        tools.run("uv", "pip", "install", "-q", "--python", venv, "flask")
    facts = tools.served(folder, "poetry", "run", "-q", of_uv)
    assert (facts["python"], facts["prefix"], facts["ours"]) == (f"{venv}/bin/python", venv, [])


def wait_for_rest(pid: int, looks: int) -> None:
    """Wait until no server process of a session has done anything for so many looks."""
    used: list[list[float]] = []

    def rests() -> bool:
        try:
            found = psutil.Process(pid).children(recursive=True)
            used.append([sum(one.cpu_times()[:2]) for one in found])
        except psutil.NoSuchProcess:  # one has just ended
            return False
        return len(found) > 1 and used[-looks:] == [used[-1]] * looks

    assert processes.eventually(rests)


def test_a_django_project_that_has_no_werkzeug(tools: Tools, of_pipx: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    tools.run(sys.executable, "-m", "venv", "--without-pip", venv)
    tools.run("uv", "pip", "install", "-q", "--python", venv, "django")
    tools.run(venv / "bin" / "django-admin", "startproject", "mysite", ".", cwd=tmp_path)
    process = subprocess.Popen(
        [of_pipx, "--json", "-p", "0"],
        cwd=tmp_path,
        env=tools.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert next_event(process, "app_loaded")["app"] == "mysite.wsgi:application"
        url = next_event(process, "serving")["url"]
        answer = request(url, "GET", "/static/admin/css/base.css")
        assert answer.status == 200
        assert answer.headers["Server"].startswith("Werkzeug/")
        # A save finds the project loaded ahead, by the project's Python, up to the saved file.
        urls = (tmp_path / "mysite" / "urls.py").read_text()
        for number in range(8):
            wait_for_rest(process.pid, 10 * (number + 1))  # a busy machine needs longer
            view = f"path('new/', lambda request: HttpResponse('save {number}')),"
            text = urls.replace("urlpatterns = [", f"urlpatterns = [\n    {view}")
            write(tmp_path, {"mysite/urls.py": f"from django.http import HttpResponse\n{text}"})
            reloaded = next_event(process, "reloaded")
            assert reloaded["standby"]
            assert request(url, "GET", "/new/").body == f"save {number}".encode()
            if not reloaded["stepped_back"]:
                break
        assert (reloaded["stepped_back"], reloaded["ahead_modules"] > 200) == ("", True)
    finally:
        process.terminate()
        process.communicate(timeout=processes.DEADLINE)
