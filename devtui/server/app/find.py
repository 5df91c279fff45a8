"""Find and import the application by Flask's rules, for any WSGI callable."""

from __future__ import annotations

import itertools
import os
import sys
from typing import TYPE_CHECKING

import msgspec

from devtui import project_file
from devtui.server.app.import_path import (
    Target,
    import_from_outside,
    import_target,
    locate,
    look_first_in,
)
from devtui.server.app.module_search import Search
from devtui.server.app.spec import AppNotFound, AppSpec, Attribute, parse
from devtui.server.app.wsgi_callables import class_name, is_function
from devtui.server.django_project import manage_file

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["DEFAULT_MODULES", "AppNotFound", "LoadedApp", "apply_debug", "load_app"]

# The modules to search if no application is named, in this order.
DEFAULT_MODULES = ("wsgi", "app")


class LoadedApp(msgspec.Struct, frozen=True):
    """An application that was found.

    `name` is what to type in the same folder to get it again (`hello:app`,
    `pkg.mod:create_app()`). `framework` is its class (`flask.Flask`), or `function` or `class`.
    `file` is the module's absolute file, empty if it has none. `settings_module` is Django's
    settings module if the name is `manage.py`.
    """

    app: WSGIApplication
    name: str
    framework: str
    file: str
    settings_module: str = ""


def load_app(spec: str | None, folder: str) -> LoadedApp:
    """Find and import the application that `spec` names, as seen from `folder`.

    `spec` is what `flask --app` takes; None or an empty one means `wsgi.py`, then `app.py`, then
    the Django project that `manage.py` belongs to. `manage.py` itself means that project. The
    module's folder is put in front of `sys.path`. Raise `AppNotFound` if nothing is found. Pass on
    what the user's code raises at import or in its factory.
    """
    folder = os.path.realpath(folder)
    if not spec:
        return _load_default(folder)
    place, name = os.path.split(os.path.join(folder, spec))
    if name == manage_file.NAME and manage_file.is_in(place):
        if os.path.realpath(place) == folder:
            return _load_project(folder)
        raise AppNotFound(
            f"{spec!r} belongs to a Django project: type devtui in {os.path.realpath(place)!r}."
        )
    if spec == "runserver" and manage_file.is_in(folder):
        raise AppNotFound("Type devtui alone: it serves the Django project of manage.py.")
    return _load(parse(spec), folder)


def apply_debug(app: object, debug: bool) -> None:
    """Set Flask's debug flag on a Flask application, as `flask run` does."""
    flask = sys.modules.get("flask")
    if flask is not None and isinstance(app, flask.Flask):
        # Through the property, which also turns the reloading of templates on or off.
        app.debug = debug


def _load(spec: AppSpec, folder: str) -> LoadedApp:
    target = locate(spec.path, folder)
    return _load_target(target, spec, target.name if target.base == folder else spec.path)


def _load_target(target: Target, spec: AppSpec, typed: str) -> LoadedApp:
    module = import_target(target)
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
    is_project = manage_file.is_in(folder)
    # The folder `app` of a Django project is one of its apps.
    there = [name for name in DEFAULT_MODULES if _is_module(folder, name, packages=not is_project)]
    if not there and is_project:
        return _load_project(folder)
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


def _load_project(folder: str) -> LoadedApp:
    """Load the application that a Django project's settings name, as `runserver` does."""
    if not os.environ.get(manage_file.VARIABLE):
        raise AppNotFound(
            f"{os.path.join(folder, manage_file.NAME)!r} does not say in plain text which settings "
            f"the project has; set {manage_file.VARIABLE}, or type the application's name"
            f"{_elsewhere(folder)}."
        )
    look_first_in(folder)
    # The first import of any wsgi.py. The settings would import it too, but they change the time
    # zone of the process, and then the next reload could not import it ahead.
    wsgi = import_from_outside("django.core.wsgi")
    named = import_from_outside("django.conf").settings.WSGI_APPLICATION
    if named is None:
        app = wsgi.get_wsgi_application()
        return LoadedApp(
            app,
            manage_file.NAME,
            framework_of(app),
            os.path.join(folder, manage_file.NAME),
            os.environ[manage_file.VARIABLE],
        )
    module, _, name = named.rpartition(".")
    try:
        target = Target(folder, tuple(module.split(".")))
        return _load_target(target, AppSpec(module, name, (Attribute(name),)), module)
    except AppNotFound as error:
        raise AppNotFound(
            f"{error} WSGI_APPLICATION in {os.environ[manage_file.VARIABLE]} names {named!r}."
        ) from None


def _is_module(folder: str, name: str, *, packages: bool) -> bool:
    places = [f"{name}.py", *([os.path.join(name, "__init__.py")] if packages else [])]
    return any(os.path.isfile(os.path.join(folder, place)) for place in places)


def _elsewhere(folder: str) -> str:
    """Return a hint at a Django project above or below, or at a wsgi.py one folder below."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    above = itertools.islice(project_file.and_above(folder), 1, None)
    for place in (*above, *(os.path.join(folder, name) for name in names)):
        if manage_file.is_in(place):
            return f" (for the Django project of {place!r} type devtui in there)"
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
