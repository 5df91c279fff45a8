from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from devtui.dashboard.errors.code_lines import code_lines
from devtui.dashboard.errors.error_view import error_view
from devtui.dashboard.errors.frame_lines import Fold, Opened, Spot, frames_lines
from devtui.dashboard.lists.sections import Line, laid_out
from devtui.events import Error, ExceptionData, Frame
from devtui.text.paths import package, short_path

SOURCE = (
    "    def total(self):",
    "        # the sum",
    "        return sum(self.prices) / len(self.prices)",
    "",
    "    def other(self):",
    "        pass",
)


def frame(**changes: Any) -> Frame:
    fields = {
        "file": "/project/cart.py",
        "line": 12,
        "function": "Cart.total",
        "source": SOURCE[2].strip(),
        "own": True,
        "context": SOURCE,
        "context_start": 10,
        **changes,
    }
    return Frame(**fields)


def shown(frame: Frame, around: int = 5, width: int = 100) -> list[str]:
    return ["".join(text for text, _ in row) for row in code_lines(frame, around, width)]


def test_lines_are_numbered_and_end_before_the_next_function() -> None:
    assert shown(frame()) == [
        "  10  def total(self):",
        "  11      # the sum",
        "❱ 12      return sum(self.prices) / len(self.prices)",
    ]


def test_the_failing_part_is_marked_below() -> None:
    line = shown(frame(marked=(7, 42)))
    assert line[2].index("sum(") == line[3].index("^")
    assert line[3].count("^") == 35
    wide = shown(frame(source="x = f('漢字') + y", context=(), marked=(14, 15)))
    assert wide[1] == "  " + " " * 16 + "^"


def test_a_line_that_is_wrapped_has_no_marks_below() -> None:
    assert len(shown(frame(marked=(7, 42)), width=30)) == 3


def test_lines_around_are_cut_to_the_width() -> None:
    long = (*SOURCE[:1], "        # " + "x" * 300, *SOURCE[2:])
    assert shown(frame(context=long), width=40)[1].endswith("x…")


def test_without_the_lines_around_there_is_the_line_alone() -> None:
    assert shown(frame(context=())) == ["  return sum(self.prices) / len(self.prices)"]
    assert shown(frame(context=(), source="")) == []


def test_python_is_coloured_and_a_template_is_not() -> None:
    styles = {style for row in code_lines(frame(), 5, 100) for _, style in row}
    assert {"code-keyword", "code-comment", "code-name"} <= styles
    template = frame(file="/project/page.html")
    styles = {style for row in code_lines(template, 5, 100) for _, style in row}
    assert not any(str(style).startswith("code-") for style in styles)


def texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(text for text, _ in line.row) for line in lines]


def test_a_recursion_is_folded() -> None:
    frames = (frame(function="start"), *[frame(line=13)] * 50)
    lines = frames_lines(frames, (0,), 0, Opened(), 100)
    assert texts(lines)[0] == "▸ 39 more frames of your code"
    assert "▸ the same frame 10 more times" in texts(lines)
    opened = Opened()
    opened.toggle(Fold(Spot((0,), 0)))
    assert len(frames_lines(frames, (0,), 0, opened, 100)) > len(lines) + 39


def test_frames_that_are_left_out_are_told() -> None:
    frames = tuple(frame(line=number, context=()) for number in range(10))
    assert "  … 9,800 frames left out" in texts(frames_lines(frames, (0,), 9_800, Opened(), 80))
    folded = texts(frames_lines(frames, (0,), 9_800, Opened(), 80, 2))
    assert folded[0] == "▸ 8 more frames of your code, and 9,800 left out"


def test_where_there_is_only_library_code_its_last_frame_is_open() -> None:
    frames = tuple(
        Frame(file=f"/v/lib/python3.12/site-packages/{name}/a.py", line=1, function=name)
        for name in ("flask", "werkzeug", "flask", "jinja2")
    )
    assert texts(frames_lines(frames, (0,), 0, Opened(), 80)) == [
        "▸ 3 frames in flask, werkzeug",
        "  jinja2/a.py:1  in jinja2",
    ]


def test_packages_and_paths() -> None:
    assert package("/v/lib/python3.12/site-packages/flask/app.py") == "flask"
    assert package("/usr/lib/python3.12/json/decoder.py") == "json"
    assert package("/usr/lib/python3.12/threading.py") == "threading"
    assert package("<frozen importlib>") == "<frozen importlib>"
    assert short_path("/v/lib/python3.12/site-packages/flask/app.py") == "flask/app.py"


def test_paths_where_the_working_folder_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert short_path(f"{folder}/app.py") == "app.py"
    folder.rmdir()
    assert short_path(f"{folder}/app.py") == f"{folder}/app.py"


def test_the_largest_error_is_laid_out_at_once() -> None:
    def exception(place: int) -> ExceptionData:
        frames = tuple(
            frame(
                line=12, function=f"f{n}", context=tuple(f"{text} # {place} {n}" for text in SOURCE)
            )
            for n in range(200)
        )
        return ExceptionData(type="E", message="m", frames=frames)

    error = Error(exceptions=tuple(map(exception, range(30))), text="t")
    code_lines(frame(), 5, 100)  # which loads what colours code, once in a session
    began = time.process_time()
    lines = laid_out(error_view(error, Opened(), 100), 100)
    assert time.process_time() - began < 0.2
    assert len(lines) < 600
