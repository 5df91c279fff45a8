"""An app that writes faster than devtui reads has to wait, and no line is lost."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from devtui.server.channel.pending import MAX_PENDING_BYTES
from tests.support.client import Visit
from tests.support.processes import eventually
from tests.support.projects import write
from tests.support.terminal.starter import Devtui

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# As events they are more than a server process keeps of its output where it may drop some. They are
# long, so that few are enough.
RECORDS = 10_000
LONG = "flood " * 150
assert RECORDS * len(LONG) > MAX_PENDING_BYTES


def writes(pid: int) -> int | None:
    """How many calls to `write` a process has made; None where the system does not tell."""
    try:
        counts = Path(f"/proc/{pid}/io").read_text()
    except OSError:
        return None
    return int(dict(line.split(": ") for line in counts.splitlines())["syscw"])


def rests(process: psutil.Process) -> bool:
    """Whether a process does next to nothing for a while: it waits, and looks now and then."""
    before = process.cpu_times().user
    time.sleep(0.5)
    return process.cpu_times().user - before < 0.03


@pytest.mark.parametrize("front_end", ["--plain", "--json"])
def test_no_line_is_dropped_without_a_screen(
    devtui: Devtui, free_port: int, tmp_path: Path, front_end: str
) -> None:
    source = (
        "import logging\nlogging.basicConfig(level='INFO', format='%(message)s')\n"
        "def app(environ, start_response):\n"
        "    open('begun', 'w').close()\n"
        f"    for number in range({RECORDS}): logging.info('record %d of a {LONG}', number)\n"
        "    start_response('200 OK', []); return [b'said']\n"
    )
    write(tmp_path, {"app.py": source})
    process = devtui.start(front_end, "--no-reload", "-p", free_port)
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    assert eventually(lambda: any("serving" in line for line in tuple(lines)), 20)
    before = writes(process.pid)
    (server,) = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGSTOP)  # nobody reads
    visit = Visit(f"http://127.0.0.1:{free_port}/")
    assert eventually(lambda: (tmp_path / "begun").exists() and rests(server))
    process.send_signal(signal.SIGCONT)
    assert visit.text() == "said"

    def count() -> int:
        return sum("of a flood" in line for line in tuple(lines))

    eventually(lambda: count() == RECORDS, 20)
    assert count() == RECORDS
    if before is not None:
        assert (writes(process.pid) or 0) - before < RECORDS / 5  # many lines go together
    process.terminate()
    process.wait(20)
