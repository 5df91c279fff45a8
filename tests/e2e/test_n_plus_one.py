"""Find an N+1 of an ORM, fix it in the source, and see in the replays that the fix is right."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.client import get
from tests.support.processes import eventually
from tests.support.terminal.dashboard_page import copies, wait_reload, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e


class Shop(NamedTuple):
    """An app with an N+1, and what mends it."""

    library: str
    folder: str
    app: tuple[str, ...]
    path: str
    file: str
    database: str
    before: str
    after: str
    function: str


FLASK = Shop(
    "sqlalchemy", "orm_orders", ("orders",), "/orders/", "orders.py", "orders.db",
    "select(Order))\n        return",
    "select(Order).options(joinedload(Order.customer)))\n        return",
    "orders.py in",
)  # fmt: skip
DJANGO = Shop(
    "django", "django_books", (), "/books/", "books/views.py", "books.sqlite3",
    "objects.all()", "objects.select_related('author')", "books/views.py in",
)  # fmt: skip


def run(folder: Path, *arguments: str) -> str:
    """Run Python in the folder of an app, and return what it prints."""
    quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # most of pytest's start are plugins
    environment = {**os.environ, **quick, "DJANGO_SETTINGS_MODULE": "library.settings"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def redrawn(terminal: Terminal, size: tuple[int, int]) -> None:
    """Change the size, and wait for a border at the new right edge."""
    terminal.resize(*size)
    terminal.wait_for(re.compile(rf"^.{{{size[0] - 1}}}[╮╯│]$", re.M))


@pytest.mark.parametrize(
    ("shop", "sizes"),
    [
        pytest.param(FLASK, [(200, 50), (120, 40)], id="flask"),
        pytest.param(DJANGO, [(80, 24)], id="django-narrow"),
    ],
)
def test_an_orms_n_plus_one_is_found_fixed_and_compared(
    devtui: Devtui,
    apps: Path,
    tmp_path: Path,
    free_port: int,
    shop: Shop,
    sizes: list[tuple[int, int]],
) -> None:
    for library in ("flask", shop.library):
        pytest.importorskip(library)
    folder = apps / shop.folder
    if (folder / "fill.py").exists():
        run(folder, "fill.py")
    editor, edited = tmp_path / "editor", tmp_path / "edited"
    editor.write_text(f'#!/bin/sh\necho "$@" > {edited}.new\nmv {edited}.new {edited}\n')
    editor.chmod(0o755)
    environment = {"XDG_STATE_HOME": str(tmp_path / "state"), "EDITOR": str(editor), "VISUAL": ""}
    terminal = devtui(
        *shop.app, "--port", free_port, cwd=folder, size=sizes[0], environment=environment
    )  # fmt: skip
    wait_serving(terminal, free_port)
    url = f"http://127.0.0.1:{free_port}{shop.path}"
    assert get(url).status == 200
    terminal.wait_for("40×")
    for size in sizes:
        redrawn(terminal, size)
        terminal.wait_for("40×")
    terminal.press("home", "*", "enter")
    for size in reversed(sizes):
        redrawn(terminal, size)
        terminal.wait_for("41 sql")
        terminal.wait_for(re.compile(r"40 × SELECT"))
    terminal.press("/")
    terminal.type("40 ×")
    terminal.wait_for("1 of 1")
    terminal.press("enter", "y")
    terminal.wait_for("Copied the statement")
    with closing(sqlite3.connect(folder / shop.database)) as database:
        assert len(database.execute(copies(terminal)[-1]).fetchall()) == 1
    terminal.press("e")
    assert eventually(edited.exists)
    assert Path(shop.file).name in edited.read_text()
    terminal.press("escape", "escape")
    terminal.wait_for("Requests 1")
    source = folder / shop.file
    source.write_text(source.read_text().replace(shop.before, shop.after))
    wait_reload(terminal, 2, Path(shop.file).name)
    terminal.wait_for(re.compile(r"↻ \S+ +same, 41 -> 1 sql"))
    terminal.press("home", "a")
    terminal.wait_for("Requests 3")
    terminal.wait_for(re.compile(r"(?s)↻ .*same, 41 -> 1 sql.*↻ .*same, 41 -> 1 sql"))
    terminal.press("end", "shift+y")
    terminal.wait_for(re.compile(r"0 HAR of all shown +3 requests"))
    terminal.press("0")
    terminal.wait_for("Copied HAR of all shown")
    assert len(json.loads(copies(terminal)[-1])["log"]["entries"]) == 3
    terminal.press("enter")
    for size in sizes:
        redrawn(terminal, size)
        terminal.wait_for(re.compile(r"compared with 1-\d+"))
        terminal.wait_for(re.compile(r"now +same, 41 -> 1 sql"))
        terminal.wait_for(re.compile(rf"sql {shop.function} \S+ *│?\n.* - 40 x SELECT"))
    terminal.press("shift+y")
    number = terminal.wait_for(re.compile(r"(\d) a pytest test"))[1]
    terminal.press(number)
    terminal.wait_for("Copied a pytest test")
    test = copies(terminal)[-1]
    assert "Ada 19" in test
    (folder / "test_copied.py").write_text(test)
    run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_copied.py")
    assert '"newest_request": 1' not in run(folder, "-m", "devtui", "ctl", "calls", "--repeats")
    terminal.press("ctrl+q")
    terminal.expect_exit(0)
    terminal.restored()
