"""Who has the terminal: the front end, or one wish of the app after another."""

from __future__ import annotations

import asyncio
import errno

from devtui.events import (
    Order,
    ServerContinued,
    ServerExited,
    ServerSuspended,
    TerminalGranted,
    TerminalRefused,
    TerminalReleased,
    TerminalWanted,
)
from devtui.session.terminal.app_tty import AppTty
from devtui.session.terminal.terminal_loan import NO_TERMINAL, TerminalLoan
from tests.support.fakes import TTY


class FakeLender:
    """Notes down what it is asked; `error` is raised at each handing over."""

    def __init__(self, error: OSError | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    def hand_over(self, tty: AppTty, wanted: TerminalWanted) -> None:
        assert tty is TTY
        self.asked.append(wanted.ask_id)
        if self._error is not None:
            raise self._error

    def take_back(self) -> None:
        self.asked.append("back")


def wanted(ask_id: str, generation: int = 1) -> TerminalWanted:
    return TerminalWanted(ask_id=ask_id, generation=generation, purpose="breakpoint")


def a_loan(lender: FakeLender | None) -> tuple[TerminalLoan, list[Order]]:
    sent: list[Order] = []

    def send(order: Order) -> bool:
        sent.append(order)
        return True

    loan = TerminalLoan(send)
    loan.lend_by(lender)
    return loan, sent


async def test_one_after_the_other() -> None:
    lender = FakeLender()
    loan, sent = a_loan(lender)
    first = wanted("a")
    loan.heard(first, TTY)
    loan.heard(wanted("b"), TTY)
    assert loan.holder is first
    assert sent == [TerminalGranted(ask_id="a")]
    waiting = asyncio.create_task(loan.until_free())
    await asyncio.sleep(0)
    assert not waiting.done()
    loan.heard(TerminalReleased(ask_id="a"), TTY)
    assert sent[-1] == TerminalGranted(ask_id="b")
    assert lender.asked == ["a", "back", "b"]
    loan.heard(TerminalReleased(ask_id="b"), TTY)
    await asyncio.wait_for(waiting, 20)
    assert loan.holder is None
    assert lender.asked[-1] == "back"


async def test_a_save_does_not_get_between_two_that_wait() -> None:
    loan, _ = a_loan(FakeLender())
    loan.heard(wanted("a"), TTY)
    loan.heard(wanted("b"), TTY)
    save = asyncio.create_task(loan.until_free())
    await asyncio.sleep(0)
    loan.heard(TerminalReleased(ask_id="a"), TTY)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not save.done(), "it would end b's session"
    loan.heard(TerminalReleased(ask_id="b"), TTY)
    await asyncio.wait_for(save, 20)


async def test_a_save_waits_for_one_that_came_just_after_the_last() -> None:
    loan, _ = a_loan(FakeLender())
    loan.heard(wanted("a"), TTY)
    save = asyncio.create_task(loan.until_free())
    await asyncio.sleep(0)
    loan.heard(TerminalReleased(ask_id="a"), TTY)
    loan.heard(wanted("b"), TTY)  # before the save got to run
    for _ in range(5):
        await asyncio.sleep(0)
    assert not save.done(), "it would end b's session"
    loan.heard(TerminalReleased(ask_id="b"), TTY)
    await asyncio.wait_for(save, 20)


async def test_a_process_that_dies_gives_it_back() -> None:
    lender = FakeLender()
    loan, _ = a_loan(lender)
    loan.heard(wanted("a"), TTY)
    loan.heard(wanted("b"), TTY)
    loan.heard(ServerExited(generation=1, pid=7), None)
    assert (loan.holder, lender.asked) == (None, ["a", "back"])
    await asyncio.wait_for(loan.until_free(), 20)


async def test_nobody_has_a_terminal() -> None:
    loan, sent = a_loan(None)
    loan.heard(wanted("a"), TTY)
    assert sent == [TerminalRefused(ask_id="a", reason=NO_TERMINAL)]
    assert loan.holder is None


async def test_a_terminal_that_cannot_be_lent() -> None:
    lender = FakeLender(OSError(errno.EBUSY, "devtui runs in the background"))
    loan, sent = a_loan(lender)
    loan.heard(wanted("a"), TTY)
    (refused,) = sent
    assert isinstance(refused, TerminalRefused)
    assert refused.reason == "devtui cannot use the terminal: devtui runs in the background"
    assert lender.asked == ["a", "back"]


async def test_a_process_without_a_terminal_of_its_own_is_refused() -> None:
    loan, sent = a_loan(FakeLender())
    loan.heard(wanted("a"), None)
    assert sent == [TerminalRefused(ask_id="a", reason=NO_TERMINAL)]


async def test_a_wish_that_is_withdrawn_while_it_waits_is_not_granted() -> None:
    lender = FakeLender()
    loan, _ = a_loan(lender)
    for name in ("a", "b", "c"):
        loan.heard(wanted(name), TTY)
    loan.heard(TerminalReleased(ask_id="b"), TTY)
    loan.heard(TerminalReleased(ask_id="a"), TTY)
    assert lender.asked == ["a", "back", "c"]


async def test_a_suspended_process_does_not_keep_the_terminal() -> None:
    lender = FakeLender()
    loan, _ = a_loan(lender)
    loan.heard(wanted("a"), TTY)
    loan.heard(ServerSuspended(generation=1, pid=7, signal="SIGSTOP"), TTY)
    assert lender.asked == ["a", "back"]
    await asyncio.wait_for(loan.until_free(), 20)  # a restart is not held up
    loan.heard(ServerContinued(generation=1, pid=7), TTY)
    assert lender.asked == ["a", "back", "a"]
    loan.heard(TerminalReleased(ask_id="a"), TTY)
    assert (loan.holder, lender.asked[-1]) == (None, "back")


async def test_a_session_that_ends_does_not_wait() -> None:
    loan, _ = a_loan(FakeLender())
    loan.heard(wanted("a"), TTY)
    loan.close()
    await asyncio.wait_for(loan.until_free(), 20)
