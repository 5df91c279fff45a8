"""An editor's debugger attaches to the app, stops at breakpoints and continues, across reloads."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.debug_adapter import Editor
from tests.support.projects import app_source, write
from tests.support.terminal.starter import Devtui, next_event

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

LINE = 10  # of the view's first statement

APP = app_source("errors/under_debugpy.py")


def get_stopped(editor: Editor, port: int) -> str:
    """Return the response to a request that stops at the breakpoint."""
    before = len(editor.hits)
    text = get(f"http://127.0.0.1:{port}/").text
    assert editor.hits[before:] == [("view", LINE)]
    # The app sees none of our threads; before Python 3.12 debugpy itself lists them.
    if sys.version_info >= (3, 12):
        assert "_DummyThread" not in text
        assert not [name for name in editor.threads if "Dummy" in name]
    return text.split()[0]


def test_an_app_that_listens_is_debugged_across_reloads(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    file, debug_port = tmp_path / "hello.py", processes.free_port()
    listen = f"import debugpy; debugpy.listen(('127.0.0.1', {debug_port}))"
    write(tmp_path, {"hello.py": APP.replace("listen = None", listen)})
    process = devtui.start("hello", "--port", free_port, "--json")
    next_event(process, "serving")
    for number in (1, 2, 3):
        with Editor(debug_port, {file: LINE}) as editor:
            editor.wait_attached(1)
            for _ in range(3):  # some of our threads start and end in this time
                assert get_stopped(editor, free_port) == f"v{number}"
        write(tmp_path, {"hello.py": file.read_text().replace(f"v{number}", f"v{number + 1}")})
        assert not next_event(process, "reloaded")["failed"]
    process.terminate()
    assert process.wait(20) == 143


def test_a_reload_comes_through_while_an_editor_is_attached(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    file, debug_port = tmp_path / "hello.py", processes.free_port()
    listen = f"import debugpy; debugpy.listen(('127.0.0.1', {debug_port}))"
    write(tmp_path, {"hello.py": APP.replace("listen = None", listen)})
    process = devtui.start("hello", "--port", free_port, "--json")
    next_event(process, "serving")
    editors = []
    for number in (1, 2):
        editors.append(Editor(debug_port, {file: LINE}))
        editors[-1].wait_attached(1)
        assert get_stopped(editors[-1], free_port) == f"v{number}"
        write(tmp_path, {"hello.py": file.read_text().replace(f"v{number}", f"v{number + 1}")})
        assert not next_event(process, "reloaded")["failed"]
    for editor in editors:
        with editor:
            pass
    process.terminate()
    assert process.wait(20) == 143


def test_an_editor_follows_devtui_into_each_server_process(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    """VS Code does this with `subProcess`, when debugpy starts devtui."""
    file, debug_port = tmp_path / "hello.py", processes.free_port()
    write(tmp_path, {"hello.py": APP})
    debugpy = ("-Xfrozen_modules=off", "-m", "debugpy", "--listen", f"127.0.0.1:{debug_port}")
    process = devtui.start("hello", "--port", free_port, "--json", through=debugpy)
    with Editor(debug_port, {file: LINE}) as editor:
        next_event(process, "serving")
        for number in (1, 2, 3):
            before = len(editor.hits)
            text = get(f"http://127.0.0.1:{free_port}/").text
            assert text.startswith(f"v{number} ")
            assert editor.hits[before:] == [("view", LINE)]
            changed = file.read_text().replace(f"v{number}", f"v{number + 1}")
            write(tmp_path, {"hello.py": changed})
            assert not next_event(process, "reloaded")["failed"]
        assert editor.attached >= 5  # devtui itself, and four server processes
    process.terminate()
    assert process.wait(20) == 143
