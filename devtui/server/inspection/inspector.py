"""Answer the session's questions about frames and threads while the app is served."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtui.events import (
    AnyOrder,
    CheckProfiler,
    Complete,
    Evaluate,
    Interrupt,
    RoutesShown,
    ShowLocals,
    ShowRoutes,
    ShowStack,
)
from devtui.server.channel.channel import Channel
from devtui.server.errors.kept_frames import KeptErrors
from devtui.server.guest.threads import begin
from devtui.server.inspection import completion, stack
from devtui.server.inspection.evaluate import Evaluator

if TYPE_CHECKING:
    from devtui.server.serving.server import AppServer


class Inspector:
    """Carry out orders that ask questions. There is no `server` before the app is served."""

    def __init__(
        self, channel: Channel, errors: KeptErrors, server: Callable[[], AppServer | None]
    ) -> None:
        self._server = server
        self._channel = channel
        self._errors = errors
        self._evaluator = Evaluator(errors, channel.send)

    def obey(self, order: AnyOrder) -> None:
        """Carry out an order of these kinds. Return at once."""
        match order:
            case ShowLocals():
                self._aside(lambda: self._channel.send(self._errors.show_locals(order)))
            case Evaluate():
                self._evaluator.evaluate(order)
            case Complete():
                self._aside(lambda: self._complete(order))
            case Interrupt():
                self._evaluator.interrupt(order.ask_id)
            case ShowStack():
                self._aside(lambda: self._show_stack(order))
            case ShowRoutes():
                self._aside(lambda: self._show_routes(order))
            case CheckProfiler():
                self._aside(lambda: self._check_profiler(order))

    def _check_profiler(self, order: CheckProfiler) -> None:
        from devtui.server.profiling import request_profile  # seldom needed

        self._channel.send(request_profile.check(order))

    def _show_stack(self, order: ShowStack) -> None:
        server = self._server()
        thread_id = None if server is None else server.recorder.thread_of(order.request_id)
        self._channel.send(stack.show(order, thread_id))

    def _show_routes(self, order: ShowRoutes) -> None:
        from devtui.server.inspection import routes  # seldom needed

        server = self._server()
        try:
            answer = routes.show(order, None if server is None else server.app)
        except Exception as error:  # a framework's object may do anything when it is read
            answer = RoutesShown(ask_id=order.ask_id, reason=f"{type(error).__name__}: {error}")
        self._channel.send(answer)

    def _complete(self, order: Complete) -> None:
        self._channel.send(completion.complete(order, self._errors))

    def _aside(self, answer: Callable[[], None]) -> None:
        """Answer in a thread, because an order to stop must not wait for foreign code."""
        begin(threading.Thread(target=answer, name="devtui-inspect", daemon=True))
