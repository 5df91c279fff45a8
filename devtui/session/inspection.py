"""Questions to the server process about frames and threads, and their answers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

import msgspec

from devtui.events import (
    AnyEvent,
    AppFailed,
    CheckProfiler,
    Complete,
    Completed,
    ErrorRaised,
    Evaluate,
    Evaluated,
    ExceptionPath,
    Interrupt,
    LocalsShown,
    Order,
    ProfilerChecked,
    RequestStarted,
    RoutesShown,
    ServerExited,
    ShowLocals,
    ShowRoutes,
    ShowStack,
    StackShown,
)
from devtui.session.event_bus import EventBus
from devtui.session.store.error_groups import ErrorEntry

Answer: TypeAlias = LocalsShown | Evaluated | Completed | StackShown | RoutesShown | ProfilerChecked
A = TypeVar("A", LocalsShown, Evaluated, Completed, StackShown, RoutesShown, ProfilerChecked)
Raised: TypeAlias = ErrorEntry | ErrorRaised | AppFailed


class Question(msgspec.Struct, Generic[A], frozen=True):
    """A question that was asked: `await question.answer` is its one answer."""

    ask_id: str
    answer: asyncio.Future[A]


class _Open(msgspec.Struct, frozen=True):
    """An unanswered question, and the answer to give if its process is gone."""

    generation: int
    answer: (
        asyncio.Future[LocalsShown]
        | asyncio.Future[Evaluated]
        | asyncio.Future[Completed]
        | asyncio.Future[StackShown]
        | asyncio.Future[RoutesShown]
        | asyncio.Future[ProfilerChecked]
    )
    in_place: Answer


class Questions:
    """Ask the server process that runs now. Each question gets an answer, at least a refusal.

    A frame lives in the process that raised its error. For an error of an older generation the
    answer comes from here: `gone`, with the reason. Use it on the session's event loop.
    """

    def __init__(self, send: Callable[[Order], bool], generation: Callable[[], int]) -> None:
        self._send = send
        self._generation = generation
        self._numbers = itertools.count(1)
        self._open: dict[str, _Open] = {}

    def show_locals(
        self, error: Raised, exception: ExceptionPath, frame: int, *, reveal: bool = False
    ) -> Question[LocalsShown]:
        """Ask for the local variables of a frame; see `events.ShowLocals`."""
        ask_id = self._new_id()
        error_id = error.error_id
        gone = LocalsShown(ask_id=ask_id, error_id=error_id, gone=True, reason=self._reason(error))
        order = ShowLocals(
            ask_id=ask_id, error_id=error_id, exception=exception, frame=frame, reveal=reveal
        )
        return self._ask(order, ask_id, gone, _home(error))

    def evaluate(
        self, error: Raised, exception: ExceptionPath, frame: int, source: str
    ) -> Question[Evaluated]:
        """Run code in a frame; see `events.Evaluate`. It may never end: see `interrupt`."""
        ask_id = self._new_id()
        error_id = error.error_id
        gone = Evaluated(ask_id=ask_id, error_id=error_id, gone=True, reason=self._reason(error))
        order = Evaluate(
            ask_id=ask_id, error_id=error_id, exception=exception, frame=frame, source=source
        )
        return self._ask(order, ask_id, gone, _home(error))

    def complete(
        self,
        error: Raised,
        exception: ExceptionPath,
        frame: int,
        path: tuple[str, ...],
        prefix: str,
    ) -> Question[Completed]:
        """Ask for the names that complete a typed one; see `events.Complete`."""
        ask_id = self._new_id()
        error_id = error.error_id
        gone = Completed(ask_id=ask_id, error_id=error_id, reason=self._reason(error))
        order = Complete(
            ask_id=ask_id,
            error_id=error_id,
            exception=exception,
            frame=frame,
            path=path,
            prefix=prefix,
        )
        return self._ask(order, ask_id, gone, _home(error))

    def interrupt(self, ask_id: str) -> None:
        """Stop an evaluation; its answer comes within a second or so."""
        if ask_id in self._open:
            self._send(Interrupt(ask_id=ask_id))

    def why_gone(self, error: Raised) -> str:
        """Return why an error's frames are gone, or an empty string while its process runs."""
        return "" if _home(error) == self._generation() else self._reason(error)

    def forget(self, ask_id: str) -> None:
        """Stop waiting for an answer."""
        self._open.pop(ask_id, None)

    def show_stack(self, request: RequestStarted) -> Question[StackShown]:
        """Ask where the thread of a running request stands now."""
        ask_id = self._new_id()
        ended = StackShown(ask_id=ask_id, request_id=request.id, running=False)
        order = ShowStack(ask_id=ask_id, request_id=request.id)
        return self._ask(order, ask_id, ended, request.generation)

    def show_routes(self) -> Question[RoutesShown]:
        """Ask for the routes of the app that is served."""
        ask_id = self._new_id()
        gone = RoutesShown(ask_id=ask_id, reason="No server process runs.")
        return self._ask(ShowRoutes(ask_id=ask_id), ask_id, gone, self._generation())

    def check_profiler(self) -> Question[ProfilerChecked]:
        """Ask whether the server process can profile requests."""
        ask_id = self._new_id()
        gone = ProfilerChecked(ask_id=ask_id, reason="No server process runs.")
        return self._ask(CheckProfiler(ask_id=ask_id), ask_id, gone, self._generation())

    def subscribe_to(self, bus: EventBus) -> None:
        """Take the answers from the bus."""
        bus.listen(self.heard, LocalsShown, Evaluated, Completed, StackShown, RoutesShown)
        bus.listen(self.heard, ProfilerChecked, ServerExited)

    def heard(self, event: AnyEvent) -> None:
        """Take in an event of a server process: an answer, or the end of the process."""
        match event:
            case (
                LocalsShown()
                | Evaluated()
                | Completed()
                | StackShown()
                | RoutesShown()
                | ProfilerChecked()
            ):
                question = self._open.pop(event.ask_id, None)
                if question is not None:
                    _settle(question, event)
            case ServerExited():
                lost = {k: q for k, q in self._open.items() if q.generation == event.generation}
                for ask_id, question in lost.items():
                    del self._open[ask_id]
                    _settle(question, question.in_place)

    def _ask(self, order: Order, ask_id: str, in_place: A, generation: int) -> Question[A]:
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        question = _Open(generation, answer, in_place)
        if generation != self._generation() or not self._send(order):
            _settle(question, in_place)
        else:
            self._open[ask_id] = question
        return Question(ask_id, answer)

    def _new_id(self) -> str:
        return f"q{next(self._numbers)}"

    def _reason(self, error: Raised) -> str:
        if not error.error_id:
            return "There was no running code: the app was not found."
        now = self._generation()
        since = f"; generation {now} runs now" if now > error.generation else ""
        return f"The frames belonged to generation {error.generation}, which has ended{since}."


def _home(error: Raised) -> int:
    """Return the generation that keeps the error's frames; 0 if none does."""
    return error.generation if error.error_id else 0


def _settle(question: _Open, answer: Answer) -> None:
    """Give the answer, unless nobody waits for it."""
    if not question.answer.done():
        question.answer.set_result(answer)  # type: ignore[arg-type]
