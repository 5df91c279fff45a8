"""The last minute of requests, second by second."""

from __future__ import annotations

from devtui.session.store.pulse import RATE_SECONDS, SECONDS, Pulse
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
    assert reading.slowest is not None
    assert (reading.slowest.target, reading.slowest.duration_ms) == ("/slow", 840)
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
