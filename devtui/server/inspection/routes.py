"""List the routes of an app of Flask or Django."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from devtui.events import Route, RoutesShown, ShowRoutes
from devtui.server.exchange import views

MAX_ROUTES = 2_000
_MAX_TEXT = 500
_MAX_DEPTH = 20
_MAX_LAYERS = 10

# The attributes in which middleware keeps the app that it wraps.
_INNER = ("wsgi_app", "app", "application", "_app")


def show(order: ShowRoutes, app: object) -> RoutesShown:
    """Answer with the routes. No code of the app runs, except `str` of its own rules' objects."""
    for _ in range(_MAX_LAYERS):
        url_map = views.attribute(app, "url_map")
        if url_map is not None and "werkzeug.routing" in sys.modules:
            return _answer(order, "flask", _of_flask(app, url_map))
        if type(app).__module__.startswith("django.core.handlers."):
            return _answer(order, "django", _of_django())
        inner = (views.attribute(app, name) for name in _INNER)
        # Flask's own `wsgi_app` may be replaced by middleware; a method leads back to the app.
        app = next((one for one in inner if one is not None), None)
        app = getattr(app, "__self__", app)
    return RoutesShown(ask_id=order.ask_id)


def _answer(order: ShowRoutes, framework: str, routes: Iterator[Route]) -> RoutesShown:
    found = list(islice(routes, MAX_ROUTES + 1))
    return RoutesShown(
        ask_id=order.ask_id,
        framework=framework,
        routes=tuple(found[:MAX_ROUTES]),
        complete=len(found) <= MAX_ROUTES,
    )


def _of_flask(app: object, url_map: Any) -> Iterator[Route]:
    functions = views.attribute(app, "view_functions") or {}
    for rule in url_map.iter_rules():
        endpoint = str(rule.endpoint)[:_MAX_TEXT]
        yield Route(
            rule=str(rule.rule)[:_MAX_TEXT],
            methods=tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})),
            endpoint=endpoint,
            view=views.place_of(functions.get(rule.endpoint), {}),
        )


def _of_django() -> Iterator[Route]:
    resolver = sys.modules["django.urls"].get_resolver()
    yield from _of_resolver(resolver, "/", "", 0)


def _of_resolver(resolver: Any, prefix: str, namespace: str, depth: int) -> Iterator[Route]:
    for one in resolver.url_patterns:
        rule = f"{prefix}{one.pattern}"[:_MAX_TEXT]
        if hasattr(one, "url_patterns"):
            if depth < _MAX_DEPTH:
                inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
                yield from _of_resolver(one, rule, inner, depth + 1)
            continue
        name = one.name or getattr(one, "lookup_str", "")
        view = views.place_of(one.callback, {})
        yield Route(rule=rule, endpoint=f"{namespace}{name}"[:_MAX_TEXT], view=view)
