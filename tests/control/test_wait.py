"""`wait` has no race: never old code, and never a pointless wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtui.control.client.link import CtlError
from devtui.session.reload.watched_folders import WatchedFolders
from devtui.session.state import State
from tests.control.conftest import Ask, Controlled
from tests.support.processes import eventually
from tests.support.projects import says, write

pytestmark = pytest.mark.e2e

BROKEN = "import no_such_module_of_ours\n"
TWO_FILES = {"app.py": "from text import TEXT\n" + says("").replace("''.encode()", "TEXT.encode()")}


@pytest.mark.timeout(240)
def test_a_hundred_edits(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled({**TWO_FILES, "text.py": "TEXT = 'start'"})
    live.serving()
    for number in range(100):
        since = ask("status")["generation"]
        name, text = ("text.py", f"TEXT = 'n{number}'")
        if number % 10 == 3:  # several saves in a row
            for early in range(3):
                write(folder, {name: f"TEXT = 'early {early}'"})
        if number % 10 == 7:
            text = BROKEN
        if number % 2:
            (folder / name).write_text(text)  # in place, as some editors do
        else:
            write(folder, {name: text})
        found = ask("wait", since=since)
        if text is BROKEN:
            assert found["outcome"] == "failed", (number, found)
            assert "no_such_module_of_ours" in found["error"]["title"]
        else:
            assert found["outcome"] == "served", (number, found)
            assert live.get("/").text == f"n{number}", number
        assert found["generation"] > since
        again = ask("wait", since=found["generation"])
        assert again["outcome"] == ("failed" if text is BROKEN else "unchanged"), (number, again)
        assert again["generation"] == found["generation"]


def test_it_looks_at_the_disk_itself(
    controlled: Controlled, ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher sees nothing: its look is as if nothing had changed, as on some drives."""
    live = controlled(says("one"))
    live.serving()
    monkeypatch.setattr(WatchedFolders, "look", lambda self: set())
    since = ask("status")["generation"]
    write(folder, {"app.py": says("two")})
    found = ask("wait", since=since)
    assert (found["outcome"], live.get("/").text) == ("served", "two")
    assert found["reload"]["paths"] == [str(folder / "app.py")]


def test_a_generation_that_is_not_there_yet(controlled: Controlled, ask: Ask) -> None:
    controlled(says("one")).serving()
    with pytest.raises(CtlError, match="There is no generation 99 yet, the newest is 1: type"):
        ask("wait", since=99)


def test_a_file_that_no_load_has_read(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(says("one"))
    live.serving()
    since = ask("status")["generation"]
    write(folder, {"later.py": "VALUE = 1"})
    found = ask("wait", since=since)
    assert (found["outcome"], found["generation"]) == ("served", since + 1)


def test_an_app_that_hangs_at_import(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(says("one"))
    live.serving()
    write(folder, {"app.py": "import time\ntime.sleep(600)\n"})
    found = ask("wait", since=1, timeout=0.5)
    assert found["outcome"] == "timeout"
    assert "still loading" in found["message"] or "not begin" in found["message"]
    write(folder, {"app.py": says("two")})
    assert ask("wait", since=1)["outcome"] == "served"
    assert live.get("/").text == "two"


def test_the_reloader_is_off(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(says("one"), reload=False)
    live.serving()
    write(folder, {"app.py": says("two")})
    found = ask("wait", since=1)
    assert (found["outcome"], found["unloaded"]) == ("outdated", [str(folder / "app.py")])
    assert ask("restart")["outcome"] == "served"
    assert live.get("/").text == "two"


def test_a_crash_is_a_failure(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(says("one"))
    live.serving()
    write(folder, {"app.py": "import os\nos._exit(3)\n"})
    found = ask("wait", since=1)
    assert (found["outcome"], found["state"]) == ("failed", "crashed")
    write(folder, {"app.py": says("two")})
    assert ask("wait")["outcome"] == "served"


# -- hold ----------------------------------------------------------------------------------------


def test_five_edits_are_one_reload(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled({**TWO_FILES, "text.py": "TEXT = 'start'"})
    live.serving()
    assert ask("hold", seconds=60)["held_by"] == "tests"
    for number in range(5):
        write(folder, {"text.py": f"TEXT = 'n{number}'", f"new_{number}.py": ""})
        assert ask("wait", since=1)["outcome"] == "held"
    assert ask("status")["generation"] == 1
    found = ask("release")
    assert (found["outcome"], found["generation"]) == ("served", 2)
    assert live.get("/").text == "n4"
    assert ask("wait", since=2)["outcome"] == "unchanged"


def test_a_hold_expires(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(says("one"))
    live.serving()
    ask("hold", seconds=1)
    write(folder, {"app.py": says("two")})
    live.reloaded()
    assert live.get("/").text == "two"
    assert ask("status")["held_by"] is None


def test_a_restart_by_hand_ends_a_hold(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(says("one"))
    live.serving()
    ask("hold", seconds=600)
    write(folder, {"app.py": says("two")})
    assert eventually(lambda: ask("wait", since=1)["outcome"] == "held")
    live.call(live.session.restart)
    assert eventually(lambda: live.session.state is State.SERVING and live.session.generation == 2)
    assert live.get("/").text == "two"
    assert not live.session.hold.active


def test_a_held_file_that_was_put_back_causes_nothing(
    controlled: Controlled, ask: Ask, folder: Path
) -> None:
    live = controlled(says("one"))
    live.serving()
    ask("hold", seconds=600)
    write(folder, {"app.py": says("two")})
    assert eventually(lambda: ask("wait", since=1)["outcome"] == "held")
    write(folder, {"app.py": says("one")})
    assert ask("release")["outcome"] == "unchanged"
    assert ask("status")["generation"] == 1
