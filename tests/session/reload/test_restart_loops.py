"""An app whose own writes make it reload is noticed."""

from __future__ import annotations

from pathlib import Path

from devtui.events import Reloaded
from devtui.session.reload.restart_loops import LOADS, SOON_SECONDS, RestartLoops
from tests.support.live import Serve


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def rounds(loops: RestartLoops, clock: Clock, after: float, count: int) -> list[str]:
    found = []
    for _ in range(count):
        loops.loaded()
        clock.now += after
        loops.changed(("/p/a.py", "/p/b.py"))
        loops.loading()
        found.append(loops.reloaded(("/p/a.py",)))
    return found


def test_the_same_file_soon_after_each_load() -> None:
    clock = Clock()
    loops = RestartLoops(clock)
    assert rounds(loops, clock, 0.5, LOADS) == [""] * (LOADS - 1) + ["/p/a.py"]


def test_saves_of_a_person_are_no_loop() -> None:
    clock = Clock()
    loops = RestartLoops(clock)
    assert set(rounds(loops, clock, SOON_SECONDS + 0.1, 10)) == {""}


def test_a_long_load_is_no_pause() -> None:
    clock = Clock()
    loops = RestartLoops(clock)
    for _ in range(LOADS):
        clock.now += 60  # it writes at the end of a load that takes a minute
        loops.changed(("/p/a.py",))
        loops.loaded()
        loops.loading()
    assert loops.reloaded(("/p/a.py",)) == "/p/a.py"


def test_a_first_load_that_has_failed_waits_for_its_mending() -> None:
    clock = Clock()
    loops = RestartLoops(clock)
    loops.loading()
    loops.loaded()
    assert set(rounds(loops, clock, 5.0, 10)) == {""}


def test_a_pause_ends_it() -> None:
    clock = Clock()
    loops = RestartLoops(clock)
    rounds(loops, clock, 0.5, LOADS - 1)
    rounds(loops, clock, SOON_SECONDS + 1, 1)
    assert rounds(loops, clock, 0.5, 1) == [""]


def test_an_app_that_writes_a_module_once_it_serves(serve: Serve, folder: Path) -> None:
    live = serve(
        f"""
import threading, time
def write():
    time.sleep(0.3)
    open({str(folder / "state.py")!r}, "w").write(f"at = {{time.time()}}\\n")
threading.Thread(target=write).start()

def app(environ, start_response):
    start_response("200 OK", [])
    return [b"x"]
"""
    )
    line = live.line("Restart loop")
    assert str(folder / "state.py") in line.text
    assert "--exclude-patterns '*/state.py'" in line.text
    reloaded = live.wait_for(Reloaded, lambda event: bool(event.looping))
    assert reloaded.looping == str(folder / "state.py")
