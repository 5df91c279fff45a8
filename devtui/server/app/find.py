"""Find and import the application by Flask's rules, for any WSGI callable."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import msgspec

from devtui.server.app.import_path import import_target, locate
from devtui.server.app.module_search import Search
from devtui.server.app.spec import AppNotFound, AppSpec, parse
from devtui.server.app.wsgi_callables import class_name, is_function

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["DEFAULT_MODULES", "AppNotFound", "LoadedApp", "apply_debug", "load_app"]

# Where to search for an application that was not named, in this order.
DEFAULT_MODULES = ("wsgi", "app")


class LoadedApp(msgspec.Struct, frozen=True):
    """An application that was found.

    `name` is what to type in the same folder to get it again (`hello:app`,
    `pkg.mod:create_app()`); `framework` the class it is an instance of (`flask.Flask`), or
    `function` or `class`; `file` the module's absolute file, empty if it has none.
    """

    app: WSGIApplication
    name: str
    framework: str
    file: str


def load_app(spec: str | None, folder: str) -> LoadedApp:
    """Find and import the application that `spec` names, as seen from `folder`.

    `spec` is what `flask --app` takes; None or an empty one means `wsgi.py`, then `app.py`. The
    module's folder is put in front of `sys.path`. Raise `AppNotFound` if nothing is found. Pass on
    what the user's code raises at import or in its factory.
    """
    folder = os.path.realpath(folder)
    return _load(parse(spec), folder) if spec else _load_default(folder)


def apply_debug(app: object, debug: bool) -> None:
    """Set Flask's debug flag on a Flask application, as `flask run` does."""
    flask = sys.modules.get("flask")
    if flask is not None and isinstance(app, flask.Flask):
        # Through the descriptor, so that what depends on it (reloading of templates) follows.
        app.debug = debug


def _load(spec: AppSpec, folder: str) -> LoadedApp:
    target = locate(spec.path, folder)
    module = import_target(target)
    typed = target.name if target.base == folder else spec.path
    search = Search(module, typed)
    found = search.named(spec.steps, spec.expression) if spec.steps else search.best()
    file = getattr(module, "__file__", None)
    return LoadedApp(
        app=found.app,
        name=f"{typed}:{found.expression}",
        framework=framework_of(found.app),
        file=os.path.abspath(file) if file else "",
    )


def _load_default(folder: str) -> LoadedApp:
    there = [name for name in DEFAULT_MODULES if _is_module(folder, name)]
    if not there:
        raise AppNotFound(
            f"There is neither wsgi.py nor app.py in {folder!r}; type the application's name, "
            f"such as hello or hello:app{_elsewhere(folder)}."
        )
    name, *others = there
    try:
        return _load(AppSpec(name), folder)
    except AppNotFound as error:
        # Like Flask, try the second only if the first does not exist.
        if others:
            more = f"For {others[0]}.py type {others[0]}."
        else:
            missing = next(module for module in DEFAULT_MODULES if module != name)
            more = f"There is no {missing}.py in {folder!r}."
        raise AppNotFound(f"{error} {more}") from None


def _is_module(folder: str, name: str) -> bool:
    places = (f"{name}.py", os.path.join(name, "__init__.py"))
    return any(os.path.isfile(os.path.join(folder, place)) for place in places)


def _elsewhere(folder: str) -> str:
    """Return a hint at a wsgi.py one folder below, such as a Django project's."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    for name in names:
        for module in DEFAULT_MODULES:
            if name.isidentifier() and os.path.isfile(os.path.join(folder, name, f"{module}.py")):
                return f" (here {name}.{module} may be it)"
    return ""


def framework_of(app: object) -> str:
    """Return the class of an app (`flask.Flask`), or `function` or `class`."""
    if isinstance(app, type):
        return "class"
    return "function" if is_function(app) else class_name(type(app))
