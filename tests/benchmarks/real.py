"""How long a save of a view takes to be served in applications that others wrote, in one run.

    python -m tests.benchmarks.real [--runs 5] [--venvs FOLDER] [--only NAME]

Installs each application from PyPI into an environment of its own, once per FOLDER, makes a project
of it as its documentation says, and saves a view under the plain server and under devtui. Each save
waits until all processes have come to rest. The figures are medians, and the ratio is that of the
plain server to devtui. Ends with 1 where a ratio is missed that is required.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.peers import REPOSITORY
from tests.benchmarks.programs import environment, folder_of, free_port, started
from tests.support.client import get

DEADLINE = 90.0
REST_SECONDS = 1.0
RESTING = 0.05  # of a core
POLL_SECONDS = 0.002

DJANGO_VIEW = """\
from django.http import HttpResponse

MARK = 100


def marked(request):
    return HttpResponse(f"mark-{MARK}-")
"""
DRF_VIEW = """\
from rest_framework.decorators import api_view
from rest_framework.response import Response

MARK = 100


@api_view(["GET"])
def marked(request):
    return Response(f"mark-{MARK}-")
"""
OSCAR_SETTINGS = """
from oscar.defaults import *

INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
    "django.contrib.sites", "django.contrib.flatpages",
    "oscar.config.Shop", "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig", "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig", "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig", "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig", "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig", "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig", "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig", "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks", "haystack", "treebeard", "sorl.thumbnail", "django_tables2",
]
SITE_ID = 1
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
"""
OSCAR_URLS = """\
from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from shop.views import marked

urlpatterns = [
    path("marked/", marked),
    path("admin/", admin.site.urls),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
"""
PGADMIN_CONFIG = """\
import os
SERVER_MODE = False
DATA_DIR = os.path.join(os.path.dirname(__file__), "data")
LOG_FILE = os.path.join(DATA_DIR, "log")
SQLITE_PATH = os.path.join(DATA_DIR, "pgadmin4.db")
SESSION_DB_PATH = os.path.join(DATA_DIR, "sessions")
STORAGE_DIR = os.path.join(DATA_DIR, "storage")
"""


@dataclass(frozen=True)
class App:
    """An application: how to make it, and how to serve it; `{port}` stands for the port."""

    name: str
    packages: tuple[str, ...]
    make: Callable[[Path, Path], None]
    plain: tuple[str, ...]
    app: str
    target: str
    file: str
    least: float
    """The ratio that is required."""


def _run(python: Path, folder: Path, *words: str) -> None:
    command = [str(python), *words]
    subprocess.run(command, cwd=folder, env=environment(), check=True, stdout=subprocess.DEVNULL)


def _change(file: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, lambda _: by, file.read_text(), count=1)
    assert count, f"{file} has no {pattern!r}"
    file.write_text(text)


def _django(folder: Path, python: Path) -> None:
    _run(python, folder, "-m", "django", "startproject", "project", ".")
    _run(python, folder, "manage.py", "startapp", "shop")
    (folder / "shop" / "views.py").write_text(DRF_VIEW)
    urls = folder / "project" / "urls.py"
    imports = "from django.urls import path\nfrom shop import views"
    _change(urls, r"from django.urls import path", imports)
    _change(urls, r"urlpatterns = \[", 'urlpatterns = [\n    path("marked/", views.marked),')
    apps = 'INSTALLED_APPS = [\n    "rest_framework",\n    "shop",'
    _change(folder / "project" / "settings.py", r"INSTALLED_APPS = \[", apps)
    _run(python, folder, "manage.py", "migrate")


def _wagtail(folder: Path, python: Path) -> None:
    _run(python, folder, str(python.parent / "wagtail"), "start", "project", ".")
    (folder / "search" / "views.py").write_text(DJANGO_VIEW.replace("marked(", "search("))
    _run(python, folder, "manage.py", "migrate")


def _oscar(folder: Path, python: Path) -> None:
    _run(python, folder, "-m", "django", "startproject", "project", ".")
    _run(python, folder, "manage.py", "startapp", "shop")
    (folder / "shop" / "views.py").write_text(DJANGO_VIEW)
    (folder / "project" / "urls.py").write_text(OSCAR_URLS)
    with (folder / "project" / "settings.py").open("a") as settings:
        settings.write(OSCAR_SETTINGS)
    _run(python, folder, "manage.py", "migrate")


def _pgadmin(folder: Path, python: Path) -> None:
    find = "import importlib.util as u; print(*u.find_spec('pgadmin4').submodule_search_locations)"
    found = subprocess.check_output([str(python), "-c", find], text=True).strip()
    subprocess.run(["cp", "-r", f"{found}/.", str(folder)], check=True)
    (folder / "config_local.py").write_text(PGADMIN_CONFIG)
    (folder / "data").mkdir()
    returned = 'MARK = 100\n    return f"mark-{MARK}-"'
    _change(folder / "pgadmin" / "misc" / "__init__.py", r'return "PING"', returned)
    _run(python, folder, "setup.py", "setup-db")


MANAGE = ("manage.py", "runserver", "{port}")
APPS = (
    App("Django admin and DRF", ("django", "djangorestframework"), _django, MANAGE,
        "project.wsgi:application", "/marked/?format=json", "shop/views.py", 10.0),
    App("Wagtail", ("wagtail",), _wagtail, MANAGE,
        "project.wsgi:application", "/search/", "search/views.py", 10.0),
    App("django-oscar", ("django-oscar[sorl-thumbnail]", "django<5.3"), _oscar, MANAGE,
        "project.wsgi:application", "/marked/", "shop/views.py", 5.0),
    App("pgAdmin 4", ("pgadmin4",), _pgadmin,
        ("-m", "flask", "--app", "pgAdmin4:app", "run", "--debug", "-p", "{port}"),
        "pgAdmin4:app", "/misc/ping", "pgadmin/misc/__init__.py", 5.0),
)  # fmt: skip


def make_venv(folder: Path, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these packages and devtui."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "-U", "pip"], check=True)
        subprocess.run([*pip, *packages, "-e", str(REPOSITORY)], check=True)
    return python


def _rest(pid: int) -> None:
    """Wait until the processes take no more of the processor."""
    end, before = time.monotonic() + DEADLINE, -1.0
    while time.monotonic() < end:
        now = 0.0
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                now += times.user + times.system
        if 0 <= now - before < RESTING * REST_SECONDS:
            return
        before = now
        time.sleep(REST_SECONDS)


def _seconds_until(url: str, text: str) -> float:
    began = time.perf_counter()
    while time.perf_counter() - began < DEADLINE:
        with suppress(OSError):
            if text in get(url, timeout=DEADLINE).text:
                return time.perf_counter() - began
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"{text} never came from {url}")


def measure(app: App, python: Path, folder: Path, command: tuple[str, ...], runs: int) -> float:
    """The median time from a save to the response with it, in milliseconds."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{app.target}"
    words = [str(python), *(word.format(port=port) for word in command)]
    file = folder / app.file
    times = []
    with started(words, folder, folder / "server.log") as popen:
        _seconds_until(url, "mark-")
        for run in range(runs + 2):  # the first saves show what is worked on
            _rest(popen.pid)
            found = re.search(r"MARK = (\d+)", file.read_text())
            assert found is not None
            number = int(found[1]) + 1
            fresh = file.with_name("fresh.tmp")
            fresh.write_text(file.read_text().replace(found[0], f"MARK = {number}"))
            os.replace(fresh, file)
            took = _seconds_until(url, f"mark-{number}-")
            if run >= 2:
                times.append(took * 1000)
    return statistics.median(times)


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--venvs", type=Path, default=Path(tempfile.gettempdir()) / "devtui-real")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    missed = 0
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} processors")
    print(
        "| application | plain, ms | devtui, ms | ratio | wanted |\n| --- | --- | --- | --- | --- |"
    )
    for app in APPS:
        if options.only not in app.name:
            continue
        venv = options.venvs / re.sub(r"\W+", "-", app.name.lower())
        python = make_venv(venv, app.packages)
        with folder_of({}) as folder:
            app.make(folder, python)
            plain = measure(app, python, folder, app.plain, options.runs)
            words = ("-m", "devtui", app.app, "--plain", "-p", "{port}")
            ours = measure(app, python, folder, words, options.runs)
        missed += plain / ours < app.least
        print(
            f"| {app.name} | {plain:,.0f} | {ours:,.0f} | {plain / ours:.1f} | {app.least:g} |",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
