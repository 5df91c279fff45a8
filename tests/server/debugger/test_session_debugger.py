"""The session's debugger answers an attempt at its PIN as Werkzeug does, and counts each one."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.debug import DebuggedApplication, hash_pin
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request, Response

from devtui.server.debugger import session_debugger
from devtui.server.debugger.session_debugger import FailedAttempts, SessionDebugger
from devtui.server.errors.kept_frames import MAX_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PIN = "123-456-789"
COOKIE = "__wzd0123456789abcdef"
MOST = 3


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return []


@pytest.fixture
def counts() -> list[int]:
    """Each new count of wrong PINs."""
    return []


@pytest.fixture
def debugger(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> SessionDebugger:
    monkeypatch.setattr(session_debugger, "ANSWER_SECONDS", 0)
    monkeypatch.setattr(session_debugger, "LATE_ANSWER_SECONDS", 0)
    attempts = FailedAttempts(0, MOST, counts.append)
    return SessionDebugger(app, PIN, COOKIE, attempts, lambda host: host == "localhost")


def attempt(pin: str, cookie: str = "", base: str = "http://localhost") -> Request:
    headers = [("Cookie", f"{COOKIE}={cookie}")] if cookie else []
    query = {"__debugger__": "yes", "cmd": "pinauth", "pin": pin}
    return Request(EnvironBuilder(base_url=base, query_string=query, headers=headers).get_environ())


def cookie_of(pin: str, age: float = 0) -> str:
    return f"{int(time.time() - age)}|{hash_pin(pin)}"


WEEKS = 60 * 60 * 24 * 15


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
@pytest.mark.parametrize(
    ("pin", "cookie"),
    [
        (PIN, ""),
        ("123456789", ""),
        (" 1-23456-789 ", ""),
        ("0", ""),
        ("", ""),
        ("0", cookie_of(PIN)),
        (PIN, cookie_of("1")),
        (PIN, cookie_of(PIN, WEEKS)),
        ("0", cookie_of(PIN, WEEKS)),
        ("0", f"x|{hash_pin(PIN)}"),
        ("0", "no hash"),
    ],
    # Not the cookies themselves: they have the time in them, and each worker collects at another.
    ids=[
        "the PIN",
        "without its dashes",
        "with spaces",
        "a wrong one",
        "none",
        "a cookie for a wrong one",
        "another PIN's cookie",
        "an old cookie",
        "an old cookie for a wrong one",
        "no time",
        "no hash",
    ],
)
def test_it_answers_as_werkzeug(
    debugger: SessionDebugger,
    monkeypatch: pytest.MonkeyPatch,
    pin: str,
    cookie: str,
    base: str,
) -> None:
    theirs = DebuggedApplication(app, evalex=True, pin_logging=False)
    theirs.pin = PIN
    monkeypatch.setattr(theirs, "_pin_cookie", COOKIE, raising=False)
    # It would wait as long as a guess costs.
    monkeypatch.setattr(theirs, "_fail_pin_auth", lambda: None)
    # The cookie has the time in it.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    def said(answer: Response) -> tuple[int, str | None, bytes, list[str]]:
        cookies = answer.headers.getlist("Set-Cookie")
        return answer.status_code, answer.mimetype, answer.get_data(), cookies

    request = attempt(pin, cookie, base=base)
    assert said(debugger.pin_auth(request)) == said(theirs.pin_auth(request))


def test_a_cookie_of_another_pin_counts(debugger: SessionDebugger, counts: list[int]) -> None:
    """Otherwise the cookie's name could be guessed."""
    debugger.pin_auth(attempt(PIN, cookie_of("1")))
    assert counts == [1]


def test_an_unlocked_browser_stays_so(debugger: SessionDebugger, counts: list[int]) -> None:
    for _ in range(MOST):
        debugger.pin_auth(attempt("0"))
    assert debugger.pin_auth(attempt(PIN)).json == {"auth": False, "exhausted": True}
    answer = debugger.pin_auth(attempt("0", cookie_of(PIN)))
    assert answer.json == {"auth": True, "exhausted": False}
    assert counts == list(range(1, MOST + 1))


def test_attempts_at_the_same_time_do_not_share_a_count(
    debugger: SessionDebugger, counts: list[int]
) -> None:
    for _ in range(MOST - 1):
        debugger.pin_auth(attempt("0"))
    together = threading.Barrier(3)

    class Together(Request):
        @property
        def args(self) -> MultiDict[str, str]:
            """Keep the first until the others are compared too, if they can be."""
            with suppress(threading.BrokenBarrierError):
                together.wait(0.5)
            return super().args

    answers: list[object] = []

    def guess() -> None:
        answers.append(debugger.pin_auth(Together(attempt("0").environ)).json)

    guesses = [threading.Thread(target=guess) for _ in range(3)]
    for one in guesses:
        one.start()
    for one in guesses:
        one.join(30)
    assert counts == list(range(1, MOST + 1))
    assert answers.count({"auth": False, "exhausted": True}) == 2


def test_the_session_decides_which_hosts_are_trusted(debugger: SessionDebugger) -> None:
    """Werkzeug asks this method before it runs code, from release 3.0.3 on."""
    assert debugger.check_host_trust({"HTTP_HOST": "localhost"})
    assert not debugger.check_host_trust({"HTTP_HOST": "evil.example"})
    assert not debugger.check_host_trust({})


def test_the_frames_of_the_last_errors_alone_are_kept() -> None:
    """Werkzeug keeps all, and with them all that was in their locals."""

    def failing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise ValueError(environ["PATH_INFO"])

    attempts = FailedAttempts(0, MOST, lambda count: None)
    debugger = SessionDebugger(failing, PIN, COOKIE, attempts, lambda host: True)
    client = Client(debugger)
    assert client.get("/console").status_code == 200
    for number in range(3 * MAX_ERRORS):
        assert client.get(f"/{number}").status_code == 500
    assert debugger.frames.pop(0, None) is not None  # the console's
    assert set(debugger.frames) == set(debugger.frame_contexts)
    kept: list[Any] = list(debugger.frames.values())
    names = [frame.local_ns for frame in kept]
    paths = {local["environ"]["PATH_INFO"] for local in names if "start_response" in local}
    assert paths == {f"/{number}" for number in range(2 * MAX_ERRORS, 3 * MAX_ERRORS)}
