"""Each exception is reported once, wherever it was seen, with the request that it belongs to."""

from __future__ import annotations

import os

import pytest

import devtui
from devtui.events import ErrorRaised, LogWritten, RequestFinished
from tests.support.live import Live

pytestmark = pytest.mark.e2e

# Not by name alone: the app, or its virtual environment, may lie in a folder called so.
OURS = os.path.join(os.path.dirname(devtui.__file__), "")


@pytest.fixture(params=["observed", "observed_plainly"])
def live(request: pytest.FixtureRequest) -> Live:
    """A server with the debugger, and one without: exceptions go different ways in them."""
    found: Live = request.getfixturevalue(request.param)
    return found


def visit(live: Live, target: str) -> tuple[RequestFinished, list[ErrorRaised]]:
    """Make a request; its row, and the errors that came until then."""
    before = len(live.all(ErrorRaised))
    row = live.visit(target)
    return row, live.all(ErrorRaised)[before:]


@pytest.mark.parametrize(
    ("target", "message", "status"),
    [
        ("/error/view", "in the view", 500),
        ("/error/before", "in before_request", 500),
        ("/error/logged", "logged and handled", 200),
        ("/error/logged-and-raised", "logged and raised", 500),
        ("/error/stream", "in mid-stream", 200),
        ("/raw/close_after_error", "before the close", 200),
    ],
)
def test_an_exception_is_reported_once(live: Live, target: str, message: str, status: int) -> None:
    row, (error,) = visit(live, target)
    assert row.status == status
    assert error.request_id == row.id
    (raised,) = error.error.exceptions
    assert (raised.type, raised.message) == ("ValueError", message)
    assert raised.frames[-1].function == "raise_value_error"
    assert raised.frames[-1].own
    assert error.error.text.endswith(f"ValueError: {message}\n")
    assert not [frame.file for frame in raised.frames if frame.file.startswith(OURS)]


def test_the_same_exception_is_reported_in_each_request(live: Live) -> None:
    for _ in range(2):
        row, (error,) = visit(live, "/error/again")
        assert error.request_id == row.id


def test_leaving_from_a_view_is_reported_once(live: Live) -> None:
    row, (error,) = visit(live, "/error/exit")
    assert error.request_id == row.id
    assert error.error.exceptions[0].type == "SystemExit"
    assert (row.status, row.cut) == (None, "SystemExit ended the response")
    assert live.visit("/").status == 200


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("own", ".Quit: own"),
        ("interrupt", "KeyboardInterrupt: interrupt"),
        ("generator", "GeneratorExit: generator"),
    ],
)
def test_what_ends_a_requests_thread_is_printed_without_our_frames(
    live: Live, name: str, printed: str
) -> None:
    visit(live, f"/error/ends-thread/{name}")
    live.wait_for(LogWritten, lambda line: printed in line.text)
    lines = [line.text for line in live.all(LogWritten) if line.stream == "stderr"]
    text = "\n".join(lines)
    assert "Exception in thread" in text
    assert "error_ends_thread" in text
    assert os.path.join("werkzeug", "serving.py") in text  # as under Werkzeug alone
    assert f'File "{OURS}' not in text


def test_an_exception_that_ends_a_thread(live: Live) -> None:
    _, (error,) = visit(live, "/error/thread")
    assert error.origin == "thread"
    assert error.error.exceptions[0].message == "in a thread"


def test_an_exception_in_a_finaliser(live: Live) -> None:
    row, (error,) = visit(live, "/error/finaliser")
    assert (error.origin, error.request_id) == ("unraisable", row.id)


def test_an_app_that_returns_nothing(live: Live) -> None:
    row, (error,) = visit(live, "/raw/none")
    assert row.status == 500
    assert error.request_id == row.id
    assert error.error.exceptions[0].type == "TypeError"


def test_what_the_app_answers_itself_is_no_error(live: Live) -> None:
    row, errors = visit(live, "/teapot")
    assert (row.status, errors) == (418, [])


@pytest.mark.parametrize("target", ["/error/stream", "/raw/close_after_error"])
def test_a_response_that_broke_off_says_so(live: Live, target: str) -> None:
    assert visit(live, target)[0].cut == "the app raised ValueError"


def test_an_exception_in_close(observed_plainly: Live) -> None:
    """Werkzeug's debugger closes a second time, and there it is raised a second time."""
    row, (error,) = visit(observed_plainly, "/raw/error_in_close")
    assert (row.status, row.size_bytes, row.cut) == (200, 1, "")
    assert (error.error.exceptions[0].message, error.request_id) == ("in close", row.id)


def test_a_whole_response_says_nothing(live: Live) -> None:
    assert visit(live, "/error/view")[0].cut == ""
    assert visit(live, "/stream")[0].cut == ""
