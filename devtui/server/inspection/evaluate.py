"""Evaluate typed code in a frame, in a thread that can be interrupted."""

from __future__ import annotations
import __future__

import ast
import itertools
import linecache
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from types import CodeType, FrameType
from typing import Any

from devtui.events import Evaluate, Evaluated
from devtui.server.errors import bounded_repr
from devtui.server.errors.kept_frames import FrameGone, KeptError, KeptErrors
from devtui.server.errors.namespace import FrameNamespace
from devtui.server.guest.clocks import clock
from devtui.server.guest.deadline import raise_in_thread
from devtui.server.guest.threads import begin
from devtui.server.output import request_context

MAX_OUTPUT = 100_000
MAX_TRACEBACK = 20_000

# How long an interrupted evaluation may take to end before it is abandoned.
INTERRUPT_SECONDS = 1.0
REPR_SECONDS = 1.0

# The compiler flags of all `from __future__ import ...`.
_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

_MAX_SOURCES = 200
_numbers = itertools.count(1)


class PrintedOutput:
    """The output of one evaluation, up to a bound."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._room = MAX_OUTPUT
        self.truncated = False

    def take(self, data: bytes) -> bytes:
        """Take bytes of stdout or stderr. No lock, because a finaliser may write meanwhile."""
        kept = data[: max(0, self._room)]
        self._room -= len(kept)
        if kept:
            self._pieces.append(kept)
        self.truncated = self.truncated or len(data) > len(kept)
        return b""

    @property
    def text(self) -> str:
        """The output as text."""
        written = b"".join(tuple(self._pieces))[:MAX_OUTPUT]
        return written.decode("utf-8", "backslashreplace")


class Evaluation:
    """One order, from its arrival to its only answer."""

    def __init__(
        self,
        order: Evaluate,
        kept: KeptError,
        frame: FrameType,
        answer: Callable[[Evaluation, Evaluated], None],
    ) -> None:
        self.order = order
        self._kept = kept
        self._frame = frame
        self._answer = answer
        self._began = clock.perf_counter()
        self._output = PrintedOutput()
        self._lock = threading.Lock()
        self._unanswered = [None]  # whoever pops it answers
        self._interrupted = False
        self._code_runs = False
        self._thread = threading.Thread(target=self._run, name="devtui-evaluate", daemon=True)

    def start(self) -> None:
        """Start the evaluation."""
        begin(self._thread)

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code. If it does not end in time, answer without it."""
        with self._lock:
            self._interrupted = True
            if self._code_runs:
                raise_in_thread(self._thread, KeyboardInterrupt)
        timer = threading.Timer(INTERRUPT_SECONDS, self._leave_alone)
        timer.daemon = True
        begin(timer)

    def _leave_alone(self) -> None:
        reason = (
            "KeyboardInterrupt: it waits in a call that cannot be interrupted (a sleep, a lock, "
            "the network), so it was left running in its thread.\n"
        )
        self._finish(None, reason)

    def _run(self) -> None:
        value, text = None, ""
        try:
            context = self._kept.context.copy()
            value, text = context.run(self._in_context)
        except KeyboardInterrupt:  # it came at the very end
            text = "KeyboardInterrupt\n"
        finally:
            self._finish(value, text)

    def _in_context(self) -> tuple[str | None, str]:
        request_context.output.set(self._output)
        namespace = self._kept.namespace(self._frame)
        try:
            with ExitStack() as stack:
                for context in self._kept.contexts:
                    stack.enter_context(context)
                return self._guarded(namespace), ""
        except BaseException as error:
            # SystemExit too: `exit()` must not silently end the thread.
            return None, _traceback(error)

    def _guarded(self, namespace: FrameNamespace) -> str | None:
        """Run the code. Interrupts are raised only in here."""
        with self._lock:
            self._code_runs = True
        try:
            if self._interrupted:
                raise KeyboardInterrupt
            value = _execute(self.order.source, namespace, self._frame.f_code.co_flags)
        finally:
            namespace.store_globals()
            with self._lock:
                self._code_runs = False
                raise_in_thread(self._thread, None)
        if value is None:
            return None
        namespace.remember(value)
        return bounded_repr.bounded(value, REPR_SECONDS)

    def _finish(self, value: str | None, text: str) -> None:
        try:
            self._unanswered.pop()
        except IndexError:
            return
        text = _cut_middle(text, MAX_TRACEBACK)
        self._answer(
            self,
            Evaluated(
                ask_id=self.order.ask_id,
                error_id=self.order.error_id,
                value=value,
                output=self._output.text,
                traceback=text,
                truncated=self._output.truncated,
                interrupted=self._interrupted and "KeyboardInterrupt" in text,
                duration_ms=round((clock.perf_counter() - self._began) * 1000, 3),
            ),
        )


class Evaluator:
    """Carry out the orders to evaluate and to interrupt."""

    def __init__(self, errors: KeptErrors, send: Callable[[Evaluated], None]) -> None:
        self._errors = errors
        self._send = send
        self._running: dict[str, Evaluation] = {}

    def evaluate(self, order: Evaluate) -> None:
        """Start an evaluation, which sends its answer at the end."""
        try:
            kept, frame = self._errors.find(order.error_id, order.exception, order.frame)
        except FrameGone as gone:
            self._send(
                Evaluated(
                    ask_id=order.ask_id,
                    error_id=order.error_id,
                    gone=True,
                    reason=str(gone),
                )
            )
            return
        evaluation = Evaluation(order, kept, frame, self._ended)
        self._running[order.ask_id] = evaluation
        evaluation.start()

    def interrupt(self, ask_id: str) -> None:
        """Stop an evaluation, unless it has ended."""
        evaluation = self._running.get(ask_id)
        if evaluation is not None:
            evaluation.interrupt()

    def _ended(self, evaluation: Evaluation, answer: Evaluated) -> None:
        self._running.pop(evaluation.order.ask_id, None)
        self._send(answer)


def _execute(source: str, namespace: FrameNamespace, frame_flags: int) -> Any:
    """Run statements; return the value of the last one if it is an expression, else None."""
    file = f"<devtui input {next(_numbers)}>"
    source = source.strip("\n") + "\n"
    _show_source(file, source)
    tree = ast.parse(source, file)
    *body, last = tree.body or [ast.Pass()]
    # Running the user's code in the user's app is the purpose.
    flags = frame_flags & _FUTURE
    if not isinstance(last, ast.Expr):
        exec(_compiled(tree, file, "exec", flags), namespace, namespace)  # noqa: S102
        return None
    if body:
        module = ast.Module(body=body, type_ignores=[])
        exec(_compiled(module, file, "exec", flags), namespace, namespace)  # noqa: S102
        namespace.store_globals()
    expression = _compiled(ast.Expression(body=last.value), file, "eval", flags)
    return eval(expression, namespace, namespace)  # noqa: S307


def _compiled(tree: ast.Module | ast.Expression, file: str, mode: str, flags: int) -> CodeType:
    code = compile(tree, file, mode, flags=flags, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def _show_source(file: str, source: str) -> None:
    """Let tracebacks show the typed code. linecache does not check entries without a time."""
    lines = source.splitlines(keepends=True)
    linecache.cache[file] = (len(source), None, lines, file)
    typed = [name for name in list(linecache.cache) if name.startswith("<devtui input ")]
    for name in typed[:-_MAX_SOURCES]:
        linecache.cache.pop(name, None)


def _traceback(error: BaseException) -> str:
    """Format an error like interactive Python, from the typed code on."""
    tb = error.__traceback__
    while tb is not None and not tb.tb_frame.f_code.co_filename.startswith("<devtui input "):
        tb = tb.tb_next
    try:
        printed = traceback.TracebackException(type(error), error, tb, limit=-100).format()
        return "".join(printed)
    except Exception as other:
        return f"{type(error).__name__} ({type(other).__name__} while printing it)\n"


def _cut_middle(text: str, size: int) -> str:
    """Cut a traceback, but keep its last lines, which say most."""
    if len(text) <= size:
        return text
    return f"{text[: size // 2]}\n… (cut)\n{text[-size // 2 :]}"
