"""Profile a request in a real terminal: the tree, its keys, and what is said without the extra."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import speedscope_format
from tests.support.client import get, post
from tests.support.processes import eventually
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import copies, request_row, wait_serving
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e

WITHOUT = app_source("profile/without_pyinstrument.py")


def test_t_shows_where_the_time_of_the_demo_s_report_goes(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    pytest.importorskip("pyinstrument", reason="it takes the samples")
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/edited\n', encoding="utf-8")
    editor.chmod(0o755)
    terminal = devtui(
        "--demo",
        "--port",
        free_port,
        environment={"TMPDIR": str(tmp_path), "EDITOR": str(editor), "VISUAL": ""},
    )
    url = wait_serving(terminal, free_port)
    get(f"{url}/report")
    terminal.wait_for(request_row("GET", "/report", 200))
    terminal.press("t")
    terminal.wait_for("GET /report, profiled")
    terminal.wait_for(re.compile(r"\d\d\.\d% .*▾ return all\(number % divisor .* is_prime"))
    terminal.wait_quiet()

    terminal.press("enter")  # the slowest line is under the cursor
    terminal.wait_for(re.compile(r"▸ response = VIEWS\[endpoint\]\(request\)"))
    terminal.wait_gone("is_prime")
    terminal.press("enter")
    terminal.wait_for("is_prime")
    terminal.press("down")
    terminal.press("e")
    assert eventually((tmp_path / "edited").exists)
    assert "app.py" in (tmp_path / "edited").read_text(encoding="utf-8")

    terminal.wait_for("is_prime")
    terminal.wait_quiet()
    terminal.press("y")
    assert eventually(lambda: bool(copies(terminal)))
    assert re.search(r"\d\d\.\d% .*is_prime", copies(terminal)[-1])
    terminal.press("Y")
    terminal.wait_for("a file for speedscope")
    terminal.press("3")
    terminal.wait_for("Open it at")
    (file,) = tmp_path.glob("devtui-profile-*/*.speedscope.json")
    told = speedscope_format.read(file.read_text(encoding="utf-8"))
    assert any(frame.name == "is_prime" for frame in told.shared.frames)

    terminal.press("escape")
    terminal.wait_for("Requests 2")
    post(f"{url}/form", {"name": "Ada"})
    terminal.wait_for(request_row("POST", "/form", 200))
    terminal.wait_quiet()
    terminal.press("end")
    terminal.press("t")
    terminal.wait_for("This sends POST /form to your app again")
    terminal.press("escape")
    terminal.wait_for("Requests 3")
    terminal.press("t")
    terminal.wait_for("This sends POST /form to your app again")
    terminal.press("enter")
    terminal.wait_for("POST /form, profiled")
    terminal.press("q")
    terminal.expect_exit(0)


def test_three_at_once_have_three_profiles_and_the_app_serves_others(
    devtui: Devtui, free_port: int, apps: Path
) -> None:
    pytest.importorskip("pyinstrument", reason="it takes the samples")
    terminal = devtui("slow", "--port", free_port, cwd=apps / "profile")
    url = wait_serving(terminal, free_port)
    names = ("alpha", "beta", "gamma")
    for name in names:
        get(f"{url}/{name}?seconds=1")
    terminal.wait_for("Requests 3")
    terminal.press("home", "t", "down", "t", "down", "t")
    terminal.wait_for("Requests 6")
    assert get(f"{url}/other").status == 200
    terminal.wait_for(re.compile(r"GET /\w+\?seconds=1, profiled"))
    terminal.wait_for(re.compile(r"(?s)was profiled.*was profiled"))
    terminal.press("escape")
    terminal.wait_for("Requests 7")
    seen = set()
    terminal.press("home", "down", "down")
    for _ in names:
        terminal.press("down", "t")
        name = terminal.wait_for(re.compile(r"GET /(\w+)\?seconds=1, profiled"))[1]
        terminal.wait_for(re.compile(rf"▾ .*{name}.*\(seconds\)"))
        assert not any(f"slow.py:{at}" in terminal.text() for at in others(apps, name))
        seen.add(name)
        terminal.press("escape")
        terminal.wait_for("Requests 7")
    assert seen == set(names)
    terminal.press("q")
    terminal.expect_exit(0)


def others(apps: Path, name: str) -> list[int]:
    """The numbers of the lines that call the other functions."""
    lines = (apps / "profile" / "slow.py").read_text().splitlines()
    return [at for at, line in enumerate(lines, 1) if '": lambda' in line and name not in line]


def test_without_the_extra_t_says_what_to_install(devtui: Devtui, free_port: int) -> None:
    (devtui.cwd / "app.py").write_text(WITHOUT, encoding="utf-8")
    terminal = devtui("app", "--port", free_port)
    url = wait_serving(terminal, free_port)
    get(f"{url}/once")
    terminal.wait_for(request_row("GET", "/once", 200))
    terminal.press("t")
    terminal.wait_for("devtui[profile]")
    terminal.wait_for("Requests 1")
    terminal.press("q")
    terminal.expect_exit(0)
