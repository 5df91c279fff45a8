"""Orders of any size reach the server process, whole and in order."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devtui.events import ErrorRaised
from devtui.session.processes.order_sender import OrderSender
from tests.support.live import Serve
from tests.support.processes import eventually
from tests.support.projects import says


class Ends:
    """A sender and the other end, which reads when it is told to."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        ours.setblocking(False)
        self.channel = ours
        self.orders = OrderSender(ours)

    async def read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            most = min(65_536, size - len(got))
            got += await asyncio.wait_for(asyncio.to_thread(self.theirs.recv, most), 20)
        return got


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    made.theirs.settimeout(20)
    yield made
    made.theirs.close()
    made.channel.close()


async def test_what_does_not_fit_is_sent_as_it_is_read(ends: Ends) -> None:
    ends.orders.attach()
    data = [os.urandom(2_000_000), b"second", os.urandom(500_000)]
    for one in data:
        ends.orders.send(one)
    assert await ends.read(sum(map(len, data))) == b"".join(data)
    ends.orders.close()


async def test_what_was_sent_before_there_was_a_loop_is_sent_too(ends: Ends) -> None:
    ends.orders.send(b"x" * 2_000_000)
    reading = asyncio.create_task(ends.read(2_000_000))
    ends.orders.attach()
    assert len(await reading) == 2_000_000
    ends.orders.close()


async def test_a_descriptor_waits_with_its_order_and_may_be_closed_meanwhile(ends: Ends) -> None:
    ends.orders.attach()
    ends.orders.send(b"x" * 2_000_000)
    read_end, write_end = os.pipe()
    ends.orders.send(b"take this", [write_end])
    os.close(write_end)
    await ends.read(2_000_000)
    data, descriptors, _, _ = await asyncio.to_thread(socket.recv_fds, ends.theirs, 100, 1)
    assert data == b"take this"
    os.write(descriptors[0], b"passed")
    assert os.read(read_end, 100) == b"passed"
    for fd in (*descriptors, read_end):
        os.close(fd)
    ends.orders.close()


def descriptors_of(path: Path) -> int:
    """Count how often this process has the file open."""
    wanted, count = path.stat(), 0
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):  # the folder's own
            count += os.path.samestat(os.fstat(int(name)), wanted)
    return count


async def test_a_process_that_is_gone_is_no_error_and_holds_no_descriptor(
    ends: Ends, tmp_path: Path
) -> None:
    passed = tmp_path / "passed"
    ends.orders.attach()
    ends.orders.send(b"x" * 2_000_000)
    with passed.open("w") as file:
        ends.orders.send(b"with one", [file.fileno()])
        assert descriptors_of(passed) == 2
    ends.theirs.close()
    for _ in range(500):
        await asyncio.sleep(0.01)
        if not descriptors_of(passed):
            break
    assert descriptors_of(passed) == 0
    ends.orders.send(b"after its end")
    ends.channel.close()
    ends.orders.send(b"after the channel's end")


@pytest.mark.e2e
def test_a_large_paste_is_evaluated_and_what_follows_is_obeyed(
    serve: Serve, tmp_path: Path
) -> None:
    running = tmp_path / "running"
    live = serve(says("one", "here = 1; raise ValueError('stop')"))
    live.serving()
    live.get("/")
    raised = live.wait_for(ErrorRaised)
    frames = raised.error.exceptions[0].frames
    ask = live.session.questions.evaluate

    async def evaluate(source: str, interrupt: bool = False) -> str:
        question = ask(raised, (0,), len(frames) - 1, source)
        if interrupt:
            # Once it runs for certain: an order before that is for nothing.
            assert await asyncio.to_thread(eventually, running.exists)
            live.session.questions.interrupt(question.ask_id)
        answer = await question.answer
        return str(answer)

    assert "2000000" in live.run(evaluate(f"len({'x' * 2_000_000!r})"), 60)
    loop = f"open({str(running)!r}, 'w')\nwhile True: pass\n#" + "x" * 2_000_000
    assert "KeyboardInterrupt" in live.run(evaluate(loop, interrupt=True), 60)
    assert live.run(evaluate("here + 1")).count("'2'")
