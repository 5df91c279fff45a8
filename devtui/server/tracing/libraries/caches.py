"""Record the calls of Flask-Caching and Django to their caches.

A backend's class is wrapped when the app makes a cache of it, because anybody may write one.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from devtui.server.guest.unnoticed import leave_no_trace, unnoticed
from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import like, no_outcome, wrapped

_METHODS = (
    "get", "set", "add", "delete", "has", "has_key", "get_many", "get_dict", "set_many",
    "delete_many", "inc", "dec", "incr", "decr", "touch", "clear",
)  # fmt: skip

MAX_KEY = 500

_known: set[tuple[type, str]] = set()


def hook_flask_caching(module: ModuleType) -> None:
    """Wrap the backend of each cache that is set up."""
    flask_caching: Any = module
    original = flask_caching.Cache._set_cache

    @unnoticed
    def set_cache(self: Any, app: Any, config: Any) -> Any:
        try:
            result = original(self, app, config)
            _wrap_class(type(app.extensions["cache"][self]), "flask-caching")
            return result
        except BaseException as error:
            leave_no_trace(error)
            raise

    flask_caching.Cache._set_cache = like(original, set_cache)


def hook_django(module: ModuleType) -> None:
    """Wrap the backend of each cache of the settings."""
    cache: Any = module
    original = cache.CacheHandler.create_connection

    @unnoticed
    def create_connection(self: Any, alias: Any) -> Any:
        try:
            made = original(self, alias)
            _wrap_class(type(made), "django")
            return made
        except BaseException as error:
            leave_no_trace(error)
            raise

    cache.CacheHandler.create_connection = like(original, create_connection)


def _wrap_class(backend: type, library: str) -> None:
    for owner in backend.__mro__[:-1]:
        for name in _METHODS:
            method = vars(owner).get(name)
            if (owner, name) not in _known and inspect.isfunction(method):
                _known.add((owner, name))
                outcome = _outcome_of_get if name == "get" else no_outcome
                traced = wrapped(method, "cache", library, _describing(name), outcome)
                setattr(owner, name, traced)


def _describing(name: str) -> Any:
    def describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
        given = args[1] if len(args) > 1 else next(iter(kwargs.values()), None)
        if isinstance(given, (str, bytes)):
            return f"{name} {plain_text(given)[:MAX_KEY]}", None
        return name, tuple(given) if isinstance(given, (dict, list, tuple)) else None

    return describe


def _outcome_of_get(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    default = args[2] if len(args) > 2 else kwargs.get("default")
    if result is None or (result is default and type(default) is object):
        return None, "miss"
    # If it is the default, nobody knows: 5 is 5.
    return None, "" if result is default else "hit"
