"""Names are completed from a running server's frames, and nothing of the app's code runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from devtui.config.settings import Settings
from devtui.events import Completed, ErrorRaised
from devtui.server.inspection.completion import MAX_DEPTH, MAX_NAMES
from tests.support.live import Live
from tests.support.projects import app_environment, app_source, write

pytestmark = pytest.mark.e2e

APP = app_source("inspection/completion.py")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("completion")
    write(folder, {"app.py": APP})
    settings = Settings(
        app="app", folder=folder, port=0, reload=False, environment=app_environment()
    )
    with Live(settings) as started:
        started.serving()
        yield started


@pytest.fixture(scope="module")
def error(live: Live) -> ErrorRaised:
    row = live.visit("/fail/x")
    return next(each for each in live.all(ErrorRaised) if each.request_id == row.id)


def complete(live: Live, error: ErrorRaised, typed: str) -> Completed:
    """The answer for a name, which has to come soon."""
    *path, prefix = typed.split(".")
    last = len(error.error.exceptions[0].frames) - 1

    async def answer() -> Completed:
        ask = live.session.questions.complete
        question = ask(error, (0,), last, tuple(path), prefix)
        return await asyncio.wait_for(question.answer, 10)

    return live.run(answer())


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("item_", ("item_one", "item_two")),  # of the frame
        ("Touch", ("Touchy",)),  # of the module
        ("isinst", ("isinstance",)),  # of Python
        ("impo", ("import",)),
        ("touchy.p", ("plain",)),
        ("touchy.s", ("slot",)),
        ("touchy.k", ("kind",)),
        ("touchy.comp", ("computed",)),
        ("touchy.slot.startsw", ("startswith",)),
        ("touchy.plain.startsw", ("startswith",)),
        ("touchy.inner.app", ("append",)),
        ("touchy.helper.__nam", ("__name__",)),
        ("Touchy.comp", ("computed",)),
        ("made.mem", ("member",)),
        ("Made.mem", ("member",)),
        ("os.path.joi", ("join",)),
        ("request.view_ar", ("view_args",)),  # what Flask's proxy stands for
        ("request.view_args.ge", ("get",)),
        ("current_app.url_ma", ("url_map", "url_map_class")),
        ("g.ge", ("get",)),
        ("app.url_ma", ("url_map", "url_map_class")),
    ],
)
def test_names_are_found(
    live: Live, error: ErrorRaised, typed: str, names: tuple[str, ...]
) -> None:
    answer = complete(live, error, typed)
    assert (answer.names, answer.reason) == (names, "")


def test_private_names_are_for_who_asks(live: Live, error: ErrorRaised) -> None:
    assert not any(name.startswith("_") for name in complete(live, error, "touchy.").names)
    assert "__init__" in complete(live, error, "touchy._").names


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("touchy.computed.x", "computed is computed when it is read"),
        ("touchy.unknown.x", "no attribute unknown that could be found without running code"),
        ("nothing.x", "no name nothing in this frame"),
        ("a." * (MAX_DEPTH + 1), f"more than {MAX_DEPTH} dots"),
    ],
)
def test_what_cannot_be_known_is_told(live: Live, error: ErrorRaised, typed: str, why: str) -> None:
    answer = complete(live, error, typed)
    assert answer.names == ()
    assert why in answer.reason


@pytest.mark.parametrize(
    ("typed", "signature"),
    [
        ("touchy.helper", "()"),
        ("touchy.inner.append", "(object, /)"),
        ("Touchy", "()"),
        ("isinstance", "(obj, class_or_tuple, /)"),
        ("os.path.join", "(a, *p)"),
        ("app.route", "(rule, **options)"),
        ("touchy.computed", ""),
        ("item_", ""),
    ],
)
def test_how_it_is_called(live: Live, error: ErrorRaised, typed: str, signature: str) -> None:
    assert complete(live, error, typed).signature == signature


def test_their_number_is_bounded(live: Live, error: ErrorRaised) -> None:
    answer = complete(live, error, "many.name_")
    assert len(answer.names) == MAX_NAMES
    assert answer.left_out == 1000 - MAX_NAMES


def test_no_code_of_the_app_runs(live: Live, error: ErrorRaised) -> None:
    assert live.get("/ran").text == ""
    for typed in ("touchy.x", "touchy.computed.x", "touchy.unknown.x", "liar.l", "Made.mem.x"):
        complete(live, error, typed)
    assert complete(live, error, "liar.lie").names == ()
    assert live.get("/ran").text == ""
