"""Which view answered a request: Flask's and Django's, and nothing where nothing is known."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.views import MethodView
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import EnvironBuilder

from devtui.config.settings import Settings
from devtui.server.exchange import views
from tests.support.live import Live
from tests.support.projects import APPS, app_environment, app_source, write

APP = app_source("exchange/views.py")


def line_of(text: str, source: str = APP) -> int:
    """The number of the line that begins so."""
    return next(at for at, line in enumerate(source.split("\n"), 1) if line.startswith(text))


@pytest.fixture(scope="module", params=[True, False], ids=["debugger", "plain"])
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("views")
    write(folder, {"shop.py": APP})
    settings = Settings(
        app="shop",
        folder=folder,
        port=0,
        debugger=request.param,
        reload=False,
        environment=app_environment(),
    )
    with Live(settings) as started:
        started.serving()
        yield started


@pytest.mark.parametrize(
    ("method", "target", "endpoint", "begins", "function"),
    [
        ("GET", "/plain?x=1", "plain", '@app.get("/plain")', "plain"),
        ("GET", "/item/17", "shop.item", "@shop.get", "item"),
        ("GET", "/basket", "basket", "    def get", "Basket.get"),
        ("POST", "/basket", "basket", "    def post", "Basket.post"),
        ("HEAD", "/basket", "basket", "    def get", "Basket.get"),
        ("OPTIONS", "/plain", "plain", '@app.get("/plain")', "plain"),
    ],
)
def test_the_view_of_flask(
    live: Live, method: str, target: str, endpoint: str, begins: str, function: str
) -> None:
    finished = live.visit(target, method)
    assert finished.endpoint == endpoint
    assert finished.view is not None
    assert Path(finished.view.file).name == "shop.py"
    assert finished.view.line == line_of(begins)
    assert finished.view.function in (function, function.rpartition(".")[2])


def test_a_view_that_raises_is_known_too(live: Live) -> None:
    if not live.session.settings.debugger:
        pytest.skip("only the contexts that are kept for the debugger tell it")
    finished = live.visit("/fails")
    assert finished.status == 500
    assert finished.endpoint == "fails"
    assert finished.view is not None
    assert finished.view.line == line_of('@app.get("/fails")')


def test_a_mounted_app_is_known_by_its_context(live: Live) -> None:
    finished = live.visit("/inner/page")
    assert finished.endpoint == "page"
    if live.session.settings.debugger:
        assert finished.view is not None
        assert finished.view.line == line_of('@inner.get("/page")')


def test_no_view_answered_what_is_missing(live: Live) -> None:
    finished = live.visit("/missing")
    assert (finished.endpoint, finished.view) == (None, None)


def test_the_view_of_django(tmp_path: Path) -> None:
    settings = Settings(
        app="djangosite.wsgi:application",
        folder=APPS,
        port=0,
        reload=False,
        debugger=True,
        environment=app_environment(),
    )
    with Live(settings) as live:
        live.serving()
        for target, function in (("/", "book"), ("/broken/", "broken")):
            finished = live.visit(target)
            assert finished.endpoint == ("book" if target == "/" else "broken")
            assert finished.view is not None
            assert finished.view.file == str(APPS / "djangosite" / "views.py")
            assert finished.view.function == function


# -- without a server -------------------------------------------------------------------------


class Hostile:
    """An object that would notice if anybody ran its code."""

    def __init__(self) -> None:
        self.__dict__["url_rule"] = None

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"{name} was read")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("it was compared")

    __hash__ = None  # type: ignore[assignment]


def test_other_responses_tell_nothing() -> None:
    for response in ([], (b"",), b"", None, 7, object(), Hostile.__new__(Hostile)):
        assert views.of_response({}, response) is views.NOTHING


def test_other_requests_tell_nothing_and_no_code_of_theirs_runs() -> None:
    hostile = Hostile.__new__(Hostile)
    assert views.of_environ({"werkzeug.request": hostile}, hostile) is views.NOTHING
    assert views.of_environ({}, hostile) is views.NOTHING
    assert views.of_contexts({}, [hostile, None, 3]) is views.NOTHING


def answered(app: Flask, target: str, method: str = "GET") -> views.View:
    environ = EnvironBuilder(target, method=method).get_environ()
    found: list[views.View] = []

    def start_response(*head: object) -> Callable[[bytes], object]:
        found.append(views.of_environ(environ, app))
        return lambda data: None

    for _ in app(environ, start_response):
        pass
    return found[0]


def test_what_wraps_a_view_is_looked_through() -> None:
    app = Flask("wrapped")

    class Shop:
        def page(self, number: int = 0) -> str:
            return f"page {number}"

        def __call__(self) -> str:
            return "called"

    class Old(MethodView):
        decorators = [lambda view: functools.wraps(view)(lambda: view())]  # noqa: RUF012

        def dispatch_request(self, **arguments: object) -> str:
            return "dispatched"

    rules: dict[str, Callable[..., object]] = {
        "bound": Shop().page,
        "partial": functools.partial(Shop().page, number=3),
        "instance": Shop(),
        "old": Old.as_view("old"),
    }
    for name, view in rules.items():
        app.add_url_rule(f"/{name}", name, view)  # type: ignore[arg-type]
    for name, function in (
        ("bound", "page"),
        ("partial", "page"),
        ("instance", "__call__"),
        ("old", "dispatch_request"),
    ):
        endpoint, place = answered(app, f"/{name}")
        assert endpoint == name
        assert place is not None
        assert place.file == __file__
        assert place.function.endswith(function)


def test_an_app_in_another_has_an_endpoint_and_no_place() -> None:
    inner = Flask("inner")
    inner.add_url_rule("/x", "x", lambda: "x")
    outer = Flask("outer")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/in": inner})  # type: ignore[method-assign]
    assert answered(outer, "/in/x") == ("x", None)
