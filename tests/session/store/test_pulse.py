"""The last minute of requests, second by second."""

from __future__ import annotations

from devtui.session.store.pulse import MAX_PATHS, RATE_SECONDS, SECONDS, Pulse
from devtui.session.store.request_record import Request
from tests.support.fakes import finished, started


class Clock:
    now = 1_000.25

    def __call__(self) -> float:
        return self.now


def count(pulse: Pulse, target: str = "/", *, ms: float = 5, status: int | None = 200) -> None:
    pulse.count(Request.begun(started(1, target)), finished(1, target, ms=ms, status=status))


def test_nothing_has_no_pulse() -> None:
    assert Pulse(Clock()).read() is None


def test_a_minute_is_read_and_then_forgotten() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    count(pulse, "/slow", ms=840)
    count(pulse, status=500)
    clock.now += 2
    for _ in range(8):
        count(pulse, status=None)
    reading = pulse.read()
    assert reading is not None
    assert (reading.counts[-3:], sum(reading.counts)) == ((2, 0, 8), 10)
    assert reading.per_second == 10 / RATE_SECONDS
    assert reading.errors == 1, "a cut request has no status"
    assert (reading.slowest[0].target, reading.slowest[0].duration_ms) == ("/slow", 840)
    clock.now += SECONDS - 2
    later = pulse.read()
    assert later is not None
    assert (later.errors, sum(later.counts), later.per_second) == (0, 8, 0)
    clock.now += 2
    assert pulse.read() is None


def test_it_is_bounded_and_can_be_cleared() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    for _ in range(500):
        count(pulse)
        clock.now += 1
    reading = pulse.read()
    assert reading is not None
    assert len(reading.counts) == SECONDS
    assert sum(reading.counts) == SECONDS - 1
    pulse.clear()
    assert pulse.read() is None


def test_the_slowest_of_several_paths_are_known() -> None:
    pulse = Pulse(Clock())
    for number in range(3 * MAX_PATHS):
        count(pulse, f"/{number}", ms=10 * number)
        count(pulse, "/poll?since=1", ms=1_000 + number)
    reading = pulse.read()
    assert reading is not None
    found = [(one.target.partition("?")[0], one.duration_ms) for one in reading.slowest]
    expected = [(f"/{number}", 10.0 * number) for number in range(3 * MAX_PATHS)][-MAX_PATHS + 1 :]
    assert found == [("/poll", 999 + 3 * MAX_PATHS), *reversed(expected)]
