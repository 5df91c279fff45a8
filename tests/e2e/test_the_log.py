"""The log in a real terminal: colours, records, prefixes, and what keys do to its rows."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.processes import DEADLINE
from tests.support.projects import app_source
from tests.support.terminal.dashboard_page import resized, wait_serving
from tests.support.terminal.starter import Devtui, next_event
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

SIZES = [(80, 24), (120, 40), (200, 50)]

APP = app_source("log/shop.py")


@pytest.fixture
def shop(project: Callable[[Mapping[str, str]], Path]) -> Path:
    return project({"shop.py": APP})


def look_at_the_log_alone(terminal: Terminal, size: tuple[int, int]) -> None:
    """Go to the log; on a wide terminal the selected row would say everything once more."""
    terminal.press("2")
    if size[0] >= 160:
        terminal.press("z")
        terminal.wait_gone("1 Requests")


def emptied(terminal: Terminal, gone: str) -> None:
    """Clear the open pane for the next size."""
    terminal.press("c")
    terminal.wait_gone(gone)


def is_green(colour: str) -> bool:
    """Whether a 24-bit colour as pyte tells it is a green one."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return green > red and green > blue


def is_red(colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return red > green and red > blue


def test_rows_at_every_size(devtui: Devtui, free_port: int, shop: Path) -> None:
    terminal = devtui("shop:app", "--port", free_port, cwd=shop, size=SIZES[0])
    url = wait_serving(terminal, free_port)
    for size in SIZES:
        resized(terminal, size)
        a_handled_error_does_not_look_like_a_crash(terminal, url)
        the_row_has_the_message_and_the_opened_row_what_was_written(terminal, url)
        look_at_the_log_alone(terminal, size)
        colours_are_colours_and_other_sequences_are_escaped(terminal, url)
        a_traceback_is_a_row_that_unfolds(terminal, url)
    terminal.press("q")
    terminal.expect_exit(0)


def a_handled_error_does_not_look_like_a_crash(terminal: Terminal, url: str) -> None:
    get(f"{url}/handled")
    get(f"{url}/crash")
    terminal.press("4")
    terminal.wait_for("handled GET /handled")
    warned, failed = (terminal.look_of(name).fg for name in ("ValueError", "KeyError: 'b'   "))
    assert is_red(failed)
    assert warned != failed
    terminal.press("2")
    terminal.wait_for(re.compile(r"ERROR shop could not re"))
    row = "could not re"
    assert terminal.look_of(row).fg != failed
    emptied(terminal, row)
    terminal.press("4")
    emptied(terminal, "KeyError")


def the_row_has_the_message_and_the_opened_row_what_was_written(
    terminal: Terminal, url: str
) -> None:
    get(f"{url}/plain")
    terminal.press("2")
    terminal.wait_for(re.compile(r"INFO  shop\.plain only-the-message"))
    terminal.wait_for("SELECT * ↵ FROM items ↵ W")
    terminal.press("up")
    terminal.press("up")
    terminal.press("enter")
    terminal.wait_gone("2 Log")
    terminal.wait_for(re.compile(r"│ \d{4}-\d\d-\d\d .* INFO shop\.plain only-the-message"))
    terminal.wait_for("around it")
    terminal.press("escape")
    terminal.wait_for("2 Log")
    emptied(terminal, "only-the-message")


def colours_are_colours_and_other_sequences_are_escaped(terminal: Terminal, url: str) -> None:
    get(f"{url}/colours")
    terminal.wait_for("ours True True end")
    assert is_green(terminal.look_of("click-green").fg)
    red = terminal.look_of("rich-red")
    assert is_red(red.fg)
    assert red.bold
    assert not is_red(terminal.look_of("rich-red after", 10).fg)
    blue = terminal.look_of("true-colour").fg
    assert int(blue[4:], 16) > int(blue[:2], 16)
    terminal.wait_for("\\x1b[2Jkept-escape")
    terminal.wait_for("child False")  # the descriptor is a pipe, as in any other program
    terminal.wait_for(re.compile(r"WARN  shop.rich rich-logged"))
    assert "\\x1b]8" not in terminal.text()
    emptied(terminal, "ours True")


def a_traceback_is_a_row_that_unfolds(terminal: Terminal, url: str) -> None:
    get(f"{url}/printed")
    terminal.wait_for(re.compile(r"▸ err   KeyError: 'b'  shop\.py:\d+"))
    assert "Traceback" not in terminal.text().partition("4 Errors")[0]
    terminal.press("space")
    terminal.wait_for(re.compile(r"▌ shop\.py:\d+  in printed"))
    terminal.wait_for('▌   {}["b"]')
    terminal.press("space")
    terminal.wait_gone("in printed")
    terminal.press("right")
    terminal.wait_for("in printed")
    terminal.press("left")
    terminal.wait_gone("in printed")
    terminal.click_on("▸")
    terminal.wait_for("in printed")
    terminal.press("enter")
    terminal.wait_gone("2 Log")
    terminal.wait_for("as written")
    terminal.wait_for("Traceback (most recent call last):")
    terminal.press("escape")
    terminal.wait_for("2 Log")
    terminal.wait_for("in printed")
    emptied(terminal, "in printed")


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"COLORTERM": "", "TERM": "xterm"}])
def test_no_colour_and_sixteen_colours_are_respected(
    devtui: Devtui, free_port: int, shop: Path, environment: dict[str, str]
) -> None:
    terminal = devtui("shop:app", "--port", free_port, cwd=shop, environment=environment)
    url = wait_serving(terminal, free_port)
    get(f"{url}/colours")
    terminal.press("2")
    terminal.wait_for(re.compile(r"ours (True|False)"))
    look = terminal.look_of("click-green")
    if "NO_COLOR" in environment:
        terminal.wait_for("ours False False end")
        assert look.fg == "default"
    else:
        terminal.wait_for("ours True True end")
        assert look.fg == "brightgreen"
        assert b"38;2;" not in terminal.raw
    terminal.press("q")
    terminal.expect_exit(0)


def test_plain_lines_have_colours_on_a_terminal(devtui: Devtui, free_port: int, shop: Path) -> None:
    terminal = devtui("shop:app", "--port", free_port, "--plain", cwd=shop)
    terminal.wait_for(f"127.0.0.1:{free_port}", 20)
    get(f"http://127.0.0.1:{free_port}/colours")
    terminal.wait_for("ours True True end")
    assert terminal.look_of("click-green").fg == "green"
    assert terminal.look_of("rich-red").fg == "red"
    assert terminal.look_of("true-colour").fg == "0a14fa"
    terminal.wait_for("\\x1b[2Jkept-escape")
    assert terminal.look_of("ours True").fg == "default"
    for columns in (80, 120, 60):
        terminal.resize(columns, 24)
        deadline = time.monotonic() + DEADLINE
        while f"width {columns - 20}" not in terminal.text():
            assert time.monotonic() < deadline, terminal.framed()
            get(f"http://127.0.0.1:{free_port}/width")
            terminal.wait_quiet(0.1)
    terminal.press("ctrl+c")
    terminal.wait_exit()


@pytest.mark.parametrize("how", ["--json", "--plain"])
def test_into_a_pipe_there_are_none(devtui: Devtui, free_port: int, shop: Path, how: str) -> None:
    process = devtui.start("shop:app", "--port", free_port, how, cwd=shop)
    assert process.stdout is not None
    for line in process.stdout:
        if "serving" in line:
            break
    get(f"http://127.0.0.1:{free_port}/colours")
    for line in process.stdout:
        assert "\x1b[3" not in line
        if re.search(r"\bours\b", line):
            assert "ours False False end" in line
            break
    process.terminate()


@pytest.mark.parametrize("variable", [{}, {"DEVTUI_JSON": "1"}])
def test_json_on_a_terminal_has_none(
    devtui: Devtui, free_port: int, shop: Path, variable: dict[str, str]
) -> None:
    option = () if variable else ("--json",)
    terminal = devtui(
        "shop:app", "--port", free_port, *option, cwd=shop, size=(200, 50), environment=variable
    )
    terminal.wait_for('"type":"serving"', 20)
    get(f"http://127.0.0.1:{free_port}/colours")
    terminal.wait_for("ours False False end")
    assert rb"\u001b[38;2;10;20;250m" in terminal.raw  # what the app has written in any case
    assert rb"\u001b[32m" not in terminal.raw
    terminal.press("ctrl+c")
    terminal.wait_exit()


def test_a_session_of_24_requests_with_5_exceptions_takes_40_rows(
    devtui: Devtui, free_port: int, shop: Path
) -> None:
    terminal = devtui("shop:app", "--port", free_port, cwd=shop, size=(200, 50))
    url = wait_serving(terminal, free_port)
    for number in range(24):
        get(url + ("/crash" if number % 5 == 4 else "/handled" if number == 0 else "/ok"))
    terminal.wait_for("1 Requests 24")
    look_at_the_log_alone(terminal, SIZES[2])
    terminal.wait_for("could not read the price")  # all rows are in view
    terminal.wait_for(re.compile(r"(KeyError: 'b'  shop\.py:(?s:.*)){4}"))
    found = terminal.wait_for(re.compile(r"2 Log (\d+)"))
    assert 20 <= int(found[1]) <= 40
    assert terminal.text().count("KeyError: 'b'  shop.py:") == 4
    terminal.press("q")
    terminal.expect_exit(0)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups and notes are newer")
def test_groups_and_notes_are_of_one_row(devtui: Devtui, free_port: int, shop: Path) -> None:
    terminal = devtui("shop:app", "--port", free_port, cwd=shop, size=(80, 24))
    url = wait_serving(terminal, free_port)
    get(f"{url}/group")
    terminal.press("2")
    terminal.wait_for(re.compile(r"▸ err   ValueError: invalid .* GET /group"))
    terminal.wait_for("2 Log 3")
    terminal.press("home")
    for size in SIZES:
        terminal.resize(*size)
        look_at_the_log_alone(terminal, size)
        terminal.wait_for(re.compile(r"▸ err   ExceptionGroup: no price "))
        terminal.press("space")
        terminal.wait_for("try it later")
        members = re.compile(
            r"├─ ValueError: invalid literal [^\n]*'x'[ │]*\n[│ ]*│  of item x[ │]*\n"
            r"[│ ]*│  ▌ shop\.py:\d+  in group.*├─ ValueError: [^\n]*'y'[ │]*\n[│ ]*│  of item y",
            re.S,
        )
        terminal.wait_for(members)
        terminal.press("space")
        terminal.wait_gone("├─")
    terminal.press("q")
    terminal.expect_exit(0)


def test_a_progress_bar_is_a_row_that_shows_its_last_state(
    devtui: Devtui, free_port: int, shop: Path
) -> None:
    terminal = devtui("shop:app", "--port", free_port, cwd=shop, size=(120, 40))
    url = wait_serving(terminal, free_port)
    terminal.press("2")
    get(f"{url}/bar")
    terminal.wait_for(re.compile(r"out   afterwards .*GET /bar"))
    terminal.wait_for(re.compile(r"err   110% of the first .*GET /bar"))
    terminal.wait_for(re.compile(r"out   the second ━+ 100% "))
    terminal.wait_for("2 Log 3")
    terminal.press("home", "down", "enter")
    terminal.wait_for("x1b[2Kthe second")
    terminal.wait_for(re.compile(r"the last of \d+ states that devtui saw"))
    terminal.press("escape")
    terminal.wait_gone("states that devtui saw")
    terminal.wait_for("2 Log 3")
    terminal.press("q")
    terminal.expect_exit(0)


def edited(terminal: Terminal, note: Path) -> list[str]:
    """Press `e`, and return what the editor was called with."""
    terminal.press("e")
    terminal.wait_for("2 Log")
    deadline = 200
    while not note.exists() and deadline:
        terminal.wait_quiet(0.05)
        deadline -= 1
    words: list[str] = json.loads(note.read_text())
    note.unlink()
    return words


def test_e_opens_the_place_that_a_line_names(
    devtui: Devtui, free_port: int, shop: Path, tmp_path: Path
) -> None:
    note, editor = tmp_path / "note", tmp_path / "nano"
    editor.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(note)!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
    )
    editor.chmod(0o755)
    terminal = devtui(
        "shop:app", "--port", free_port, cwd=shop, environment={"EDITOR": str(editor)}
    )
    url = wait_serving(terminal, free_port)
    get(f"{url}/plain")
    terminal.press("2")
    terminal.wait_for("out   see /")
    assert edited(terminal, note) == ["+12", str(shop / "shop.py")]
    get(f"{url}/printed")
    terminal.wait_for("KeyError: 'b'")
    line = next(n for n, text in enumerate(APP.splitlines(), 1) if '{}["b"]' in text)
    assert edited(terminal, note) == [f"+{line}", str(shop / "shop.py")]
    terminal.press("q")
    terminal.expect_exit(0)


def test_the_screen_comes_back_from_an_editor_that_is_missing(
    devtui: Devtui, free_port: int, shop: Path
) -> None:
    terminal = devtui(
        "shop:app", "--port", free_port, cwd=shop, environment={"EDITOR": "/no/where/vim"}
    )
    get(f"{wait_serving(terminal, free_port)}/plain")
    terminal.press("2")
    terminal.wait_for("out   see /")
    terminal.press("e")
    terminal.wait_for("Could not start /no/where/vim: No such file")
    terminal.press("q")
    terminal.expect_exit(0)
    terminal.restored()


def test_w_wraps_at_words_and_cuts_again(devtui: Devtui, free_port: int, tmp_path: Path) -> None:
    words = " ".join(f"word{number:02}" for number in range(40))
    (tmp_path / "hello.py").write_text(
        f"def app(environ, start_response):\n    print({words!r})\n"
        "    start_response('200 OK', [])\n    return [b'']\n"
    )
    terminal = devtui("hello:app", "--port", free_port, size=SIZES[0])
    get(wait_serving(terminal, free_port))
    for size in SIZES:
        resized(terminal, size)
        look_at_the_log_alone(terminal, size)
        terminal.wait_for("word00")
        assert "word39" not in terminal.text()
        terminal.press("w")
        terminal.wait_for("word39")
        terminal.wait_for(re.compile(r"word00 .* GET / *│\n.*word"))
        assert all(word in terminal.text() for word in words.split())
        terminal.press("w")
        terminal.wait_gone("word39")
    terminal.press("q")
    terminal.expect_exit(0)


def test_the_colours_of_werkzeug_survive_rich(
    devtui: Devtui, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "hello.py").write_text(
        "import logging\nfrom flask import Flask\nfrom rich.logging import RichHandler\n"
        "logging.basicConfig(level='INFO', format='%(message)s', handlers=[RichHandler()])\n"
        "app = Flask(__name__)\n"
    )
    terminal = devtui("hello:app", "--port", free_port, size=SIZES[0])
    url = wait_serving(terminal, free_port)
    for size in SIZES:  # Rich writes for the width that the log has
        resized(terminal, size)
        get(f"{url}/missing")
        look_at_the_log_alone(terminal, size)
        terminal.wait_for(re.compile(r'INFO  werkzeug "GET /missing HTTP/1\.1" 404 -'))
        assert "x1b" not in terminal.text()
        assert "[33m" not in terminal.text()
        emptied(terminal, "404 -")
    terminal.press("q")
    terminal.expect_exit(0)


def test_a_fixed_load_error_is_marked_as_fixed(devtui: Devtui, free_port: int, shop: Path) -> None:
    terminal = devtui("shop:app", "--port", free_port, cwd=shop)
    wait_serving(terminal, free_port)
    (shop / "shop.py").write_text(APP + "\n1 = 2\n")
    terminal.wait_for("SyntaxError")
    (shop / "shop.py").write_text(APP + "\n")
    for size in SIZES:
        terminal.resize(*size)
        terminal.wait_for("✓ fixed")
    terminal.press("q")
    terminal.expect_exit(0)


def test_json_tells_which_lines_belong_together(devtui: Devtui, free_port: int, shop: Path) -> None:
    process = devtui.start("shop:app", "--port", free_port, "--json", cwd=shop)
    next_event(process, "serving")
    get(f"http://127.0.0.1:{free_port}/plain")
    lines = [next_event(process, "log_written") for _ in range(4)]
    assert [line["continues"] for line in lines] == [False, False, True, True]
    assert lines[3]["text"] == "  WHERE id = 1"
    process.terminate()
