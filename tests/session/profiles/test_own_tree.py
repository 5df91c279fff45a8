"""Own code first, and the file for speedscope."""

from __future__ import annotations

from devtui.events import ProfiledLine, RequestProfiled
from devtui.session.profiles.own_tree import Spent, own_tree
from devtui.session.profiles.speedscope import SERVER, THREADS, speedscope
from tests.support import speedscope_format


def line(depth: int, function: str, self_ms: float = 0.0, *, own: bool = False) -> ProfiledLine:
    file = "/app/views.py" if own else "/lib/site-packages/lib.py"
    return ProfiledLine(
        depth=depth, file=file, line=depth, function=function, own=own, self_ms=self_ms
    )


LINES = (
    ProfiledLine(depth=0, file="", line=0, function="", own=False, self_ms=5.0),
    line(1, "dispatch", 10.0),
    line(2, "view", 1.0, own=True),
    line(3, "query", 20.0),
    line(4, "loads", 4.0, own=True),
    line(3, "close", 2.0),
    line(1, "helper", 3.0, own=True),
)


def shown(spent: Spent) -> list[tuple[int, str, float]]:
    found = [(len(spent.path), spent.path[-1][2] if spent.path else "", spent.ms)]
    for below in spent.below:
        found += shown(below)
    return found


def test_libraries_stand_below_the_line_that_called_them() -> None:
    assert shown(own_tree(RequestProfiled(request_id="1-1", lines=LINES))) == [
        (0, "", 45.0),
        (1, "view", 27.0),
        (2, "loads", 4.0),
        (2, "query", 20.0),
        (2, "close", 2.0),
        (1, "helper", 3.0),
        (1, "dispatch", 10.0),
    ]


def test_the_file_for_speedscope_has_each_stack_with_its_time() -> None:
    threads = (
        ProfiledLine(depth=0, file="", line=0, function="", own=False, self_ms=1.0),
        line(1, "work", 9.0, own=True),
    )
    event = RequestProfiled(request_id="1-1", duration_ms=45.0, lines=LINES, thread_lines=threads)
    file = speedscope_format.read(speedscope(event, "GET /"))
    assert file.stacks() == {
        (SERVER,): 5.0,
        ("dispatch",): 10.0,
        ("dispatch", "view"): 1.0,
        ("dispatch", "view", "query"): 20.0,
        ("dispatch", "view", "close"): 2.0,
        ("dispatch", "view", "query", "loads"): 4.0,
        ("helper",): 3.0,
    }
    assert file.stacks(1) == {(THREADS,): 1.0, ("work",): 9.0}
    assert [profile.end_value for profile in file.profiles] == [45.0, 10.0]
    assert [profile.name for profile in file.profiles] == ["GET /", "GET /, its threads"]
