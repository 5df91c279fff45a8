"""Import a Django project's URLs as part of the load, as `runserver` does."""

from __future__ import annotations

import sys

from devtui.server.django_project import project


def import_urls() -> None:
    """Import the root URLconf with its views, if the app is a Django project.

    Otherwise the first request imports them: then it takes long, and a broken view is noticed late.
    `runserver` does so in its system checks (`django.core.checks.urls`), and passes on what is
    raised.
    """
    if getattr(project.settings_if_ready(), "ROOT_URLCONF", None):
        _ = sys.modules["django.urls"].get_resolver().url_patterns
