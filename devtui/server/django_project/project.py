"""Tell a Django project's application from others, and wrap it as `runserver` does."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_STATIC_FILES = "django.contrib.staticfiles"

# With this app `runserver` leaves the static files to WhiteNoise, which the project has put around
# its application.
_LEAVES_THEM = "whitenoise.runserver_nostatic"


class NoHosts(Exception):
    """Django would answer each request with 400, because ALLOWED_HOSTS is empty."""


def settings_if_ready() -> Any:
    """Return Django's settings if an app has set Django up, else None. Import nothing."""
    modules: Any = sys.modules
    if "django.core.wsgi" not in modules:  # get_wsgi_application comes from there
        return None
    settings = modules["django.conf"].settings
    return settings if modules["django.apps"].apps.ready and settings.configured else None


def is_app_of_project(app: object) -> bool:
    """Whether the app is what `runserver` would serve, and not one that only uses Django's models.

    Imports nothing.
    """
    modules: Any = sys.modules
    settings = settings_if_ready()
    if settings is None:
        return False
    if issubclass(type(app), modules["django.core.handlers.wsgi"].WSGIHandler):
        return True
    module, _, name = (getattr(settings, "WSGI_APPLICATION", None) or "").rpartition(".")
    return bool(module in modules and vars(modules[module]).get(name) is app)


def as_runserver_serves(app: WSGIApplication) -> WSGIApplication:
    """Return the app wrapped to serve static files, under the conditions of `runserver`.

    Return any other app unchanged. Raise `NoHosts` if `runserver` would end with the same words.
    """
    if not is_app_of_project(app):
        return app
    modules: Any = sys.modules
    settings, apps = modules["django.conf"].settings, modules["django.apps"].apps
    if not settings.DEBUG and not settings.ALLOWED_HOSTS:
        raise NoHosts("You must set settings.ALLOWED_HOSTS if DEBUG is False.")
    if not settings.DEBUG or not apps.is_installed(_STATIC_FILES):
        return app
    if apps.is_installed(_LEAVES_THEM):
        return app
    handlers = importlib.import_module(f"{_STATIC_FILES}.handlers")
    return cast("WSGIApplication", handlers.StaticFilesHandler(app))
