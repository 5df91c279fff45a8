"""Answer the session's questions about frames and threads while the app is served."""

from __future__ import annotations

import threading
from collections.abc import Callable

from devtui.events import AnyOrder, Complete, Evaluate, Interrupt, ShowLocals, ShowStack
from devtui.server.channel.channel import Channel
from devtui.server.errors.kept_frames import KeptErrors
from devtui.server.inspection import completion, stack
from devtui.server.inspection.evaluate import Evaluator
from devtui.server.serving.exchange import Recorder


class Inspector:
    """Carry out orders that ask questions. There is no `recorder` before the app is served."""

    def __init__(
        self, channel: Channel, errors: KeptErrors, recorder: Callable[[], Recorder | None]
    ) -> None:
        self._recorder = recorder
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

    def _show_stack(self, order: ShowStack) -> None:
        recorder = self._recorder()
        thread_id = None if recorder is None else recorder.thread_of(order.request_id)
        self._channel.send(stack.show(order, thread_id))

    def _complete(self, order: Complete) -> None:
        self._channel.send(completion.complete(order, self._errors))

    def _aside(self, answer: Callable[[], None]) -> None:
        """Answer in a thread, because an order to stop must not wait for foreign code."""
        threading.Thread(target=answer, name="devtui-inspect", daemon=True).start()
