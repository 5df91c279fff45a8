"""What a saved file means for open pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.session.live import page_files
from devtui.session.live.page_files import (
    MAX_IN_A_ROW,
    MAX_REMEMBERED,
    PageChange,
    WrittenByPages,
    change_by,
)
from tests.support.projects import write


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("templates/page.html", "reload"),
        ("blog/templates/blog/mail.txt", "reload"),
        ("templates/part.css", "reload"),  # it is included
        ("pages/index.j2", "reload"),
        ("static/app.js", "reload"),
        ("static/data.json", "reload"),
        ("static/site.css", "swap"),
        ("assets/LOGO.PNG", "swap"),
        ("static/favicon.ico", "swap"),
        ("data.json", ""),
        ("app.sqlite3", ""),
        ("debug.log", ""),
        ("templates/.page.html.swp", ""),
        ("templates/page.html~", ""),
        ("static/#app.js#", ""),
    ],
)
def test_what_a_saved_file_means(tmp_path: Path, name: str, change: str) -> None:
    write(tmp_path, {name: "x"})
    path = str(tmp_path / name)
    paths = frozenset({path} if change else ())
    assert change_by([path]) == PageChange(reload=change == "reload", paths=paths)


def test_a_file_that_is_gone_and_a_folder_mean_nothing(tmp_path: Path) -> None:
    (tmp_path / "templates" / "new").mkdir(parents=True)
    gone, folder = tmp_path / "templates" / "page.html", tmp_path / "templates" / "new"
    assert not change_by([str(gone), str(folder)])


def test_a_file_that_each_page_writes_is_found() -> None:
    written = WrittenByPages()
    for _ in range(MAX_IN_A_ROW):
        assert written.without(["report.html"]) == (["report.html"], [])
    assert written.without(["report.html", "page.html"]) == (["page.html"], ["report.html"])
    assert written.without(["report.html"]) == ([], [])


def test_what_is_remembered_of_files_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("devtui.session.live.page_files.time.monotonic", lambda: now)
    written = WrittenByPages()
    for _ in range(MAX_IN_A_ROW + 1):
        written.without(["report.html"])
    for number in range(3 * MAX_REMEMBERED):  # all within a second, as a checkout does it
        assert written.without([f"{number}.html"]) == ([f"{number}.html"], [])
    assert len(written) <= MAX_REMEMBERED + 1
    now += page_files.ROW_SECONDS
    assert written.without(["page.html"]) == (["page.html"], [])
    assert len(written) == 2  # only the newest can begin a row, and those found
    assert written.without(["report.html"]) == ([], [])
    for number in range(2 * MAX_REMEMBERED):
        for _ in range(MAX_IN_A_ROW):
            written.without([f"{number}.html"])
        assert written.without([f"{number}.html"]) == ([], [f"{number}.html"])
    assert len(written) <= 2 * MAX_REMEMBERED
