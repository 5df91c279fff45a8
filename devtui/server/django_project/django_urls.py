"""Import a Django project's URLs as part of the load, as `runserver` does."""

from __future__ import annotations

import sys


def import_urls() -> None:
    """Import the root URLconf with its views, if the app is a Django project.

    Otherwise the first request imports them: then it takes long, and a broken view is noticed late.
    `runserver` does so in its system checks (`django.core.checks.urls`), and passes on what is
    raised.
    """
    modules = sys.modules
    if "django.core.wsgi" not in modules:  # get_wsgi_application comes from there
        return
    settings = modules["django.conf"].settings
    if not (modules["django.apps"].apps.ready and settings.configured):
        return
    if getattr(settings, "ROOT_URLCONF", None):
        _ = modules["django.urls"].get_resolver().url_patterns
