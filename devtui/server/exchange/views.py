"""Find the view that answers a request, in the objects of the framework.

Flask's request is in the environ until its context ends, as Werkzeug documents
(`werkzeug.request`), and in the contexts that are kept for the debugger. Django's request is among
the objects that its response closes at the end. Nothing is imported, called or changed: only plain
attributes of objects are read, so no code of the app runs.
"""

from __future__ import annotations

from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeAlias

from devtui.events import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed.wsgi import WSGIEnvironment

MAX_NAME = 300
MAX_FILE = 1_000

# Decorators and partials around a view.
_MAX_LAYERS = 20

View: TypeAlias = tuple[str | None, Frame | None]
"""The endpoint, and the place of the view; None if they are unknown."""

NOTHING: View = (None, None)


def of_environ(environ: WSGIEnvironment, app: object) -> View:
    """Return the view of the request in the environ, while the app begins its response."""
    request = environ.get("werkzeug.request")
    return NOTHING if request is None else _of_flask(request, environ, app)


def of_contexts(environ: WSGIEnvironment, contexts: Sequence[object]) -> View:
    """Return the view from the kept contexts of Flask, which know a mounted app too."""
    for context in contexts:
        request = attribute(context, "request") or attribute(context, "_request")
        found = _of_flask(request, environ, attribute(context, "app"))
        if found is not NOTHING:
            return found
    return NOTHING


def of_response(environ: WSGIEnvironment, response: object) -> View:
    """Return the view from a response of Django."""
    closers = attribute(response, "_resource_closers")
    for closer in closers if type(closers) is list else ():
        if type(closer) is MethodType:
            match = attribute(closer.__self__, "resolver_match")
            if match is not None:
                name, view = attribute(match, "view_name"), attribute(match, "func")
                endpoint = name[:MAX_NAME] if type(name) is str else None
                return endpoint, place_of(view, environ)
    return NOTHING


def _of_flask(request: object, environ: WSGIEnvironment, app: object) -> View:
    endpoint = attribute(attribute(request, "url_rule"), "endpoint")
    if type(endpoint) is not str:
        return NOTHING
    views = attribute(app, "view_functions")
    found = views.get(endpoint) if type(views) is dict else None
    return endpoint[:MAX_NAME], None if found is None else place_of(found, environ)


def attribute(owner: object, name: str) -> Any:
    """Return a plain attribute of the object itself, None without it; no code of the app runs."""
    try:
        attributes = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return None
    return attributes.get(name) if type(attributes) is dict else None


def place_of(view: object, environ: WSGIEnvironment) -> Frame | None:
    """Return the place of a view, below its decorators."""
    for _ in range(_MAX_LAYERS):
        kind = type(view)
        if kind is FunctionType:
            assert isinstance(view, FunctionType)
            view_class = attribute(view, "view_class")
            if isinstance(view_class, type):
                return _in_class(view_class, environ)
            inner = attribute(view, "__wrapped__")
            if inner is None:
                return _frame(view)
            view = inner
        elif kind is MethodType:
            assert isinstance(view, MethodType)
            view = view.__func__
        elif kind is partial:
            assert isinstance(view, partial)
            view = view.func
        else:
            view = _method(kind, "__call__")
    return None


def _in_class(view_class: type, environ: WSGIEnvironment) -> Frame | None:
    """Return the method of a class-based view that answers, such as `get`."""
    method = str(environ.get("REQUEST_METHOD", ""))[:MAX_NAME].lower()
    for name in (method, "get" if method == "head" else "", "dispatch_request", "dispatch"):
        found = _method(view_class, name) if name else None
        if found is not None:
            return place_of(found, environ)
    return None


def _method(owner: type, name: str) -> FunctionType | None:
    for one in type.__getattribute__(owner, "__mro__"):
        found = type.__getattribute__(one, "__dict__").get(name)
        if type(found) is FunctionType:
            return found
    return None


def _frame(view: FunctionType) -> Frame:
    code = view.__code__
    name = getattr(code, "co_qualname", code.co_name)  # since Python 3.11
    return Frame(
        file=code.co_filename[:MAX_FILE], line=code.co_firstlineno, function=name[:MAX_NAME]
    )
