"""Output whose reader is slow, has stopped, or has gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from devtui import patient_output
from devtui.patient_output import PatientOutput
from tests.support.processes import DEADLINE

LINE = b"x" * 999 + b"\n"


def missing(count: int) -> bytes:
    return b"%d are missing\n" % count


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def read(fd: int, size: int) -> bytes:
    """Read so many bytes, slowly enough that the writer has to wait."""
    found = b""
    while len(found) < size and (more := os.read(fd, 4_000)):
        found += more
    return found


def test_a_slow_reader_gets_everything(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_output, "MAX_WAITING_BYTES", 5_000)
    reader, writer = pipe
    found: list[bytes] = []
    reading = threading.Thread(target=lambda: found.append(read(reader, 500 * len(LINE))))
    out = PatientOutput(writer, missing)
    reading.start()
    out.writelines([LINE] * 500)
    out.drain()
    reading.join(DEADLINE)
    assert found == [LINE * 500]


def test_a_reader_that_stops_is_told_what_it_missed(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_output, "MAX_WAITING_BYTES", 20_000)
    monkeypatch.setattr(patient_output, "PATIENCE_SECONDS", 0.05)
    reader, writer = pipe
    out = PatientOutput(writer, missing)
    out.writelines([LINE] * 1_000)  # which returns, though nobody reads
    out.drain()
    first = os.read(reader, 1_000_000)
    rest = b""
    while b"are missing" not in rest:
        rest += os.read(reader, 1_000_000)
    told, _, _ = rest.rpartition(b" are missing")
    kept, _, count = told.rpartition(b"\n")
    assert (first + kept).count(b"\n") + 1 + int(count) == 1_000
    out.writelines([LINE])
    assert os.read(reader, 1_000_000) == LINE


def test_a_reader_that_has_gone_is_noticed() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    gone = threading.Event()
    out = PatientOutput(writer, missing)
    out.on_gone = gone.set
    out.writelines([LINE])
    assert gone.wait(DEADLINE)
    with pytest.raises(BrokenPipeError):
        out.flush()
    with pytest.raises(BrokenPipeError):
        out.writelines([LINE])
    os.close(writer)


def test_a_descriptor_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.set_blocking(writer, False)
    out = PatientOutput(writer, missing)
    out.writelines([LINE] * 200)
    assert read(reader, 200 * len(LINE)) == LINE * 200
    out.drain()
    out.flush()
