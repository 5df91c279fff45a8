"""Asking in the frames of an error: locals, evaluation, and where a request stands now."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from devtui.config.settings import Settings
from devtui.events import ErrorRaised, Evaluated, LocalsShown, RequestStarted, StackShown
from devtui.server.errors import bounded_repr, kept_frames, variables
from devtui.server.errors.namespace import FrameNamespace
from devtui.session.inspection import Question
from devtui.session.state import State
from tests.support.live import Live
from tests.support.processes import eventually
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

A = TypeVar("A", LocalsShown, Evaluated, StackShown)

APP = app_source("inspection/evaluation.py")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("frames")
    write(folder, {"app.py": APP})
    settings = Settings(
        app="app", folder=folder, port=0, reload=False, environment=app_environment()
    )
    with Live(settings) as started:
        started.serving()
        yield started


def asked(live: Live, ask: Callable[..., Question[A]], *arguments: Any, **options: Any) -> A:
    async def answer() -> A:
        return await ask(*arguments, **options).answer

    return live.run(answer())


class Place:
    """The last frame, or another, of the error that a request has raised."""

    def __init__(self, live: Live, target: str, frame: int = -1) -> None:
        self.live = live
        row = live.visit(target)
        self.error = next(e for e in live.all(ErrorRaised) if e.request_id == row.id)
        self.frame = len(self.error.error.exceptions[0].frames) + frame

    def locals(self, reveal: bool = False) -> LocalsShown:
        ask = self.live.session.questions.show_locals
        return asked(self.live, ask, self.error, (0,), self.frame, reveal=reveal)

    def run(self, source: str) -> Evaluated:
        ask = self.live.session.questions.evaluate
        return asked(self.live, ask, self.error, (0,), self.frame, source)


# -- locals --------------------------------------------------------------------------------------


def test_the_locals_of_a_frame(live: Live) -> None:
    shown = Place(live, "/fail").locals()
    assert not shown.gone
    found = [(each.name, each.type, each.value, each.masked) for each in shown.variables]
    assert found == [
        ("items", "list", "[1, 2]", False),
        ("divisor", "int", "5", False),
        ("zero", "int", "0", False),
    ]


def test_secrets_are_masked_until_one_asks(live: Live) -> None:
    place = Place(live, "/secrets")
    hidden = {each.name: each for each in place.locals().variables}
    assert hidden["password"].masked
    assert "hunter2" not in repr(hidden)
    assert "hunter is no secret" in hidden["headers"].value
    revealed = {each.name: each.value for each in place.locals(reveal=True).variables}
    assert revealed["password"] == "'hunter2'"
    assert "Bearer hunter2" in revealed["headers"]
    assert "hunter2" in revealed["settings"]


def test_reprs_that_block_raise_or_are_huge(live: Live) -> None:
    shown = {each.name: each.value for each in Place(live, "/odd").locals().variables}
    assert shown["after"] == "'is shown'"
    assert "its repr takes longer" in shown["blocks"]
    assert "its repr raised SystemExit" in shown["raises"]
    assert len(shown["huge"]) < bounded_repr.MAX_REPR + 100
    assert len(shown["many"]) < bounded_repr.MAX_REPR
    assert shown["last"] == "'is shown too'"


def test_odd_reprs_take_no_longer_than_the_bound() -> None:
    blocks = {f"b{number}": threading.Event() for number in range(50)}

    class Blocks:
        def __repr__(self) -> str:
            threading.Event().wait(20)
            return "never"

    import time

    began = time.monotonic()
    shown = variables.shown({name: Blocks() for name in blocks}, reveal=False)
    assert time.monotonic() - began < 15  # no figure: that it did not wait for one of them
    assert len(shown) == 50


# -- evaluation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value", "output"),
    [
        ("len(items) * divisor", "10", ""),
        ("None", None, ""),
        ("total = sum(items)", None, ""),
        ("a = 3\nb = 4\na * b", "12", ""),
        ("[divisor for each in items]", "[5, 5]", ""),
        ("(lambda: items)()", "[1, 2]", ""),
        ("def double(x):\n    return x * divisor\n\ndouble(4)", "20", ""),
        ("for each in items:\n    print(each)", None, "1\n2\n"),
        ("print('out'); print('err', file=sys.stderr); 7", "7", "out\nerr\n"),
        ("request.path", "'/fail'", ""),
        ("app.name", "'app'", ""),
        ("'é' * 2", "'éé'", ""),
    ],
)
def test_expressions_and_statements(
    live: Live, source: str, value: str | None, output: str
) -> None:
    answer = Place(live, "/fail").run(source)
    assert (answer.value, answer.output, answer.traceback) == (value, output, "")
    assert not live.lines("err")


def test_what_was_assigned_stays(live: Live) -> None:
    place = Place(live, "/fail")
    place.run("zero = 10\nfresh = 'new'")
    assert place.run("zero, fresh").value == "(10, 'new')"
    shown = {each.name: each.value for each in place.locals().variables}
    assert (shown["zero"], shown["fresh"]) == ("10", "'new'")
    assert place.run("del fresh").traceback == ""
    assert "NameError" in place.run("fresh").traceback


def test_assignments_reach_the_frame_itself_where_python_can_do_that() -> None:
    variable = "before"
    namespace = FrameNamespace(sys._getframe())
    exec("variable = 'after'", namespace, namespace)
    assert namespace["variable"] == "after"
    assert variable == ("after" if sys.version_info >= (3, 13) else "before")  # PEP 667


def test_global_statements_reach_the_module(live: Live) -> None:
    assert Place(live, "/fail").run("global counter\ncounter = 77\ncounter").value == "77"
    assert Place(live, "/fail").run("sys.modules['app'].counter").value == "77"


def test_the_last_value_is_called_underscore_unless_the_app_has_one(live: Live) -> None:
    place = Place(live, "/fail")
    place.run("1 + 1")
    assert place.run("_").value == '"the app\'s own"'


@pytest.mark.parametrize(
    ("source", "ends"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero\n"),
        ("def broken(:", "SyntaxError: invalid syntax\n"),
        ("exit()", "SystemExit: None\n"),
        ("raise SystemExit(3)", "SystemExit: 3\n"),
        ("nothing_like_it", "NameError: name 'nothing_like_it' is not defined\n"),
        ("helper(items, 0)", "ZeroDivisionError: division by zero\n"),
    ],
)
def test_what_an_evaluation_raises(live: Live, source: str, ends: str) -> None:
    before = len(live.all(ErrorRaised))
    answer = Place(live, "/fail").run(source)
    assert answer.traceback.endswith(ends)
    assert answer.value is None
    assert os.path.dirname(kept_frames.__file__) not in answer.traceback
    assert len(live.all(ErrorRaised)) == before + 1  # the view's alone
    assert live.get("/go").text == "gone"


def test_values_and_output_are_bounded(live: Live) -> None:
    place = Place(live, "/fail")
    assert len(place.run("'x' * 10_000_000").value or "") < bounded_repr.MAX_REPR
    answer = place.run("print('x' * 10_000_000)")
    assert answer.truncated
    assert len(answer.output) == 100_000


@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(30)"])
def test_an_evaluation_that_hangs_is_stopped(live: Live, source: str) -> None:
    place = Place(live, "/fail")
    questions = live.session.questions

    async def hang() -> Evaluated:
        question = questions.evaluate(place.error, (0,), place.frame, source)
        await asyncio.sleep(0.2)
        assert not question.answer.done()
        other = await asyncio.to_thread(live.get, "/go")  # requests go on
        assert other.text == "gone"
        questions.interrupt(question.ask_id)
        return await question.answer

    answer = live.run(hang())
    assert answer.interrupted
    assert "KeyboardInterrupt" in answer.traceback
    assert place.run("1 + 1").value == "2"
    assert live.session.state is State.SERVING


def test_only_the_last_errors_are_kept(live: Live) -> None:
    first = Place(live, "/many?n=first")
    for number in range(kept_frames.MAX_ERRORS - 1):
        last = Place(live, f"/many?n={number}")
    assert first.run("local").value == "'first'"
    last = Place(live, "/many?n=last")
    assert last.run("local").value == "'last'"
    gone = first.run("local")
    assert gone.gone
    assert gone.reason == "This error's frames are gone: only the last 20 are kept."
    assert first.locals().gone


def test_a_frame_of_an_older_generation_is_gone(serve: Callable[..., Live]) -> None:
    live = serve(APP)
    live.serving()
    place = Place(live, "/fail")
    live.call(live.session.restart)
    live.serving(2)
    for answer in (place.run("items"), place.locals()):
        assert answer.gone
        assert answer.reason == (
            "The frames belonged to generation 1, which has ended; generation 2 runs now."
        )


def test_a_question_is_answered_where_the_server_dies_of_it(serve: Callable[..., Live]) -> None:
    live = serve(APP)
    live.serving()
    answer = Place(live, "/fail").run("__import__('os')._exit(3)")
    assert answer.gone
    live.wait_for_state(State.CRASHED)


def test_without_the_debugger_no_frames_are_kept(serve: Callable[..., Live]) -> None:
    live = serve(APP, debugger=False)
    live.serving()
    answer = Place(live, "/fail").locals()
    assert answer.gone
    assert answer.reason == "Frames are kept only with the debugger on: start with --debugger."


# -- where is it now -----------------------------------------------------------------------------


def test_where_a_hanging_request_stands(live: Live) -> None:
    visitor = threading.Thread(target=live.get, args=("/wait",))
    visitor.start()
    request = live.wait_for(RequestStarted, lambda event: event.target == "/wait")
    questions = live.session.questions

    def own() -> list[str]:
        shown = asked(live, questions.show_stack, request)
        return [frame.function for frame in shown.frames if frame.own]

    assert eventually(lambda: own() == ["wait", "hold"])
    shown = asked(live, questions.show_stack, request)
    assert shown.running
    place = next(frame for frame in shown.frames if frame.function == "hold")
    assert place.source == "gate.wait(30)"
    assert not [frame.file for frame in shown.frames if "werkzeug" in frame.file]
    live.get("/go")
    visitor.join(20)
    live.row("/wait")
    # The end is told a moment before the thread is free.
    assert eventually(lambda: not asked(live, questions.show_stack, request).running)
    assert asked(live, questions.show_stack, request).frames == ()
