"""A Django project in devtui: found alone, with what `runserver` does beside serving."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devtui.events import AppLoaded, ErrorRaised, Reloaded
from devtui.session.state import State
from tests.support.live import Live, Serve
from tests.support.processes import eventually, free_port
from tests.support.projects import app_source, write
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import clean_environment

pytest.importorskip("django", reason="Django is not installed")

MIGRATIONS = "18 migrations are not applied: python manage.py migrate applies them (of admin, auth,"

# A view with a template, and a check whose finding the settings choose.
APP = {
    "polls/__init__.py": "",
    "polls/apps.py": "from django.apps import AppConfig\n\nclass PollsConfig(AppConfig):\n"
    "    name = 'polls'\n    def ready(self):\n        from polls import checks\n",
    "polls/checks.py": """\
        import os, sys
        from django.conf import settings
        from django.core import checks

        @checks.register()
        def check(app_configs, **kwargs):
            kind = getattr(settings, "POLLS_CHECK", None)
            return [getattr(checks, kind)("The polls are odd.", hint="Count.", id="polls.X1")
                    ] if kind else []
        """,
    "polls/views.py": app_source("django_project/polls/views.py"),
    "polls/templates/polls/index.html": "<p>first words</p>\n",
    "mysite/urls.py": """\
        from django.contrib import admin
        from django.urls import path
        from polls import views

        urlpatterns = [path("admin/", admin.site.urls), path("polls/", views.index),
                       path("facts/", views.facts)]
        """,
}


MAKE_DATABASE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
User.objects.create_superuser("ada", "ada@example.com", "a long one")
"""


def make_database(folder: Path) -> None:
    """Apply the migrations, and make a user."""
    environment = {**clean_environment(), "DJANGO_SETTINGS_MODULE": "mysite.settings"}
    command = [sys.executable, "-c", MAKE_DATABASE]
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=60)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `django-admin startproject mysite .` makes."""
    folder = tmp_path_factory.mktemp("fresh")
    command = [sys.executable, "-m", "django", "startproject", "mysite", "."]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture
def folder(fresh: Path, tmp_path: Path) -> Path:
    """A fresh project."""
    shutil.copytree(fresh, tmp_path / "project")
    return (tmp_path / "project").resolve()


def files_of(app: Mapping[str, str]) -> dict[str, str]:
    import textwrap

    return {name: textwrap.dedent(text) for name, text in app.items()}


def set_up(folder: Path, more: str = "") -> str:
    """Add to the settings, and return them."""
    settings = folder / "mysite" / "settings.py"
    text = settings.read_text() + more
    return text


def start(serve: Serve, files: dict[str, str], **settings: Any) -> Live:
    live = serve(files, app="", **settings)
    live.serving()
    return live


def test_devtui_alone_serves_a_fresh_project_and_changes_nothing(
    devtui: Devtui, folder: Path, free_port: int
) -> None:
    before = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    terminal = devtui("-p", free_port, cwd=folder, standby=True)
    terminal.wait_for("mysite.wsgi:application")
    terminal.wait_for("django.WSGIHandler")
    terminal.wait_for("18 migrations are not applied")
    terminal.press("q")
    terminal.expect_exit(0)
    after = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    assert after == before  # no empty db.sqlite3


def test_a_project_through_a_day(serve: Serve, folder: Path) -> None:
    """Static files, checks, a template, migrations and hosts, as under `runserver`."""
    added = "\nINSTALLED_APPS.append('polls.apps.PollsConfig')\n"
    settings = set_up(folder, added)
    live = start(serve, {**files_of(APP), "mysite/settings.py": settings})

    # The settings are those that manage.py names, and the apps see Django's reloader.
    assert live.get("/facts/").text == '{"settings": "mysite.settings", "run_main": "true"}'
    # Static files, and a page for those that are missing.
    assert live.get("/static/admin/css/base.css").status == 200
    assert live.get("/static/nothing.css").status == 404
    # ALLOWED_HOSTS is empty: this machine's names only.
    assert live.get("/polls/").status == 200
    assert live.get("/polls/", headers={"Host": "evil.example"}).status == 400
    assert live.line(MIGRATIONS).logger == "django.migrations"

    # A template is read again, by the same process.
    assert eventually(lambda: "first words" in live.get("/polls/").text)
    write(folder, {"polls/templates/polls/index.html": "<p>second words</p>\n"})
    assert eventually(lambda: "second words" in live.get("/polls/").text)
    assert not live.all(Reloaded)

    # An error in it is shown at its line, and not at that of the view.
    wrong = "<p>third</p>\n  <a href=\"{% url 'nothing' %}\">words</a>\n"
    write(folder, {"polls/templates/polls/index.html": wrong})
    assert eventually(lambda: live.get("/polls/").status == 500)
    raised = live.wait_for(ErrorRaised, lambda event: "NoReverseMatch" in event.error.text)
    place = raised.error.exceptions[0].frames[-1]
    assert (place.file, place.line) == (str(folder / "polls/templates/polls/index.html"), 2)
    assert place.own
    assert place.marked is not None
    assert place.source[slice(*place.marked)] == "{% url 'nothing' %}"
    write(folder, {"polls/templates/polls/index.html": "<p>second words</p>\n"})

    # Django looks for an app's folder of static files once: a new one means a reload.
    write(folder, {"polls/static/polls/style.css": "li { color: green }\n"})
    live.reloaded()
    assert live.get("/static/polls/style.css").text == "li { color: green }\n"

    # A warning is one row, said once.
    write(folder, {"mysite/settings.py": settings + "POLLS_CHECK = 'Warning'\n"})
    warning = live.line("System check identified 1 issue (0 silenced).")
    assert (warning.logger, warning.level) == ("django.checks", "WARNING")
    assert live.line("?: (polls.X1) The polls are odd.").continues
    assert live.line("    HINT: Count.").continues

    # An error takes the place of each page, until it is mended.
    write(folder, {"mysite/settings.py": settings + "POLLS_CHECK = 'Error'\n"})
    failed = live.failed("SystemCheckError: ?: (polls.X1) The polls are odd.")
    assert failed.message.endswith("System check identified 1 issue (0 silenced).")
    live.wait_for_state(State.SERVING_ERROR)
    answer = live.get("/polls/")
    assert answer.status == 500
    assert "(polls.X1) The polls are odd." in answer.text
    write(folder, {"mysite/settings.py": settings})
    live.reloaded(count=4)
    assert live.get("/polls/").status == 200
    live.wait_for_state(State.SERVING)

    # A new migration is mentioned; the others were.
    count = len(live.lines("not applied"))
    assert count == 1
    write(
        folder,
        {
            "polls/migrations/__init__.py": "",
            "polls/migrations/0001_initial.py": "from django.db import migrations\n\n"
            "class Migration(migrations.Migration):\n    initial = True\n",
        },
    )
    assert "contenttypes, polls, sessions)" in live.line("19 migrations are not applied").text

    # Without hosts and DEBUG the load fails with Django's words.
    write(folder, {"mysite/settings.py": settings + "DEBUG = False\n"})
    failed = live.failed("You must set settings.ALLOWED_HOSTS if DEBUG is False.")
    assert failed.error.text.rstrip() == failed.message  # no traceback of devtui's
    assert not (folder / "db.sqlite3").exists()


def test_the_variable_wins_over_manage_py_and_an_app_named_app_is_no_application(
    serve: Serve, folder: Path
) -> None:
    files = {
        **files_of(APP),
        "other.py": "from mysite.settings import *\nINSTALLED_APPS += ['polls', 'app']\n"
        "DEBUG = False\nALLOWED_HOSTS = ['*']\nWSGI_APPLICATION = None\n",
        "app/__init__.py": "",
    }
    environment = (*os.environ.items(), ("DJANGO_SETTINGS_MODULE", "other"))
    live = start(serve, files, environment=environment)
    assert '"settings": "other"' in live.get("/facts/").text
    assert live.wait_for(AppLoaded).app == "manage.py"
    # Without DEBUG no static files are served.
    assert live.get("/static/admin/css/base.css").status == 404


def test_a_manage_py_that_computes_the_settings_says_what_to_type(
    serve: Serve, folder: Path
) -> None:
    text = (folder / "manage.py").read_text().replace("'mysite.settings'", "str(sys.argv)")
    live = serve({"manage.py": text}, app="")
    live.failed("does not say in plain text which settings the project has; set DJANGO_SETTINGS_")


# -- the admin in a browser ---------------------------------------------------------------------

PAGES = ("/admin/", "/admin/auth/user/")


@contextmanager
def runserver(folder: Path) -> Iterator[str]:
    """Django's own server."""
    port = free_port()
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait(20)


def settled(page: Any, expected: bytes) -> bytes:
    """A picture of the page once it is as expected, or its scripts have done what they do."""
    pictures = [expected]

    def rests() -> bool:
        pictures.append(page.screenshot(full_page=True, animations="disabled"))
        return pictures[-1] == pictures[-2]

    assert eventually(rests)
    return pictures[-1]


def pictures(page: Any, url: str, expected: Mapping[str, bytes]) -> dict[str, bytes]:
    """What Chromium shows of the admin: the login, and the pages after it."""
    page.context.clear_cookies()
    page.set_viewport_size({"width": 1100, "height": 800})

    def there() -> bool:
        try:
            page.goto(f"{url}/admin/login/?next=/admin/")
        except Exception:  # playwright's own error: nobody listens yet
            return False
        return True

    assert eventually(there)
    found = {"login": settled(page, expected.get("login", b""))}
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a long one")
    page.click("input[type=submit]")
    for target in PAGES:
        page.goto(f"{url}{target}")
        found[target] = settled(page, expected.get(target, b""))
    return found


def test_the_admin_looks_the_same_in_a_browser(
    page: Any, devtui: Devtui, folder: Path, free_port: int
) -> None:
    make_database(folder)
    with runserver(folder) as url:
        theirs = pictures(page, url, {})
    devtui.start("--plain", "-p", free_port, cwd=folder)
    ours = pictures(page, f"http://127.0.0.1:{free_port}", theirs)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
