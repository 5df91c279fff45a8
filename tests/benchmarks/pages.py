"""How long a page with many small files takes in a real browser, against peers in the same run.

    python -m tests.benchmarks.pages [--rounds 15] [--venv FOLDER]

A page with 60 small files (style sheets, scripts, pictures) is opened in Chromium by turns from
`flask run` with its log in a file, from gunicorn's threads, and from devtui with its screen on,
over http and over https. None of them is in debug mode. Each time is from the navigation to the
end of the page's load, with an empty cache and no open connection. Each ratio is printed with its
target; it ends with 1 if one is missed. It needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.load import told
from tests.benchmarks.peers import make_venv
from tests.benchmarks.programs import (
    environment,
    folder_of,
    free_port,
    middle_ratio,
    started,
    telling_of_others,
    wait_served,
)
from tests.benchmarks.watched import Watched
from tests.support.browser import FLAGS, find_chromium
from tests.support.projects import app_source

FILES = 60
THREADS = 8  # of gunicorn: more than the six connections that a browser opens
LOAD_MS = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"

APP = app_source("benchmarks/page.py")
CERTIFICATE = "from werkzeug.serving import make_ssl_devcert; make_ssl_devcert('tls')"


def main() -> int:
    """Measure both schemes, and print the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir(), "devtui-bench"))
    given = options.parse_args()
    python = make_venv(given.venv.absolute())
    where = f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.date.today()}, {where}, load {os.getloadavg()[0]:.1f}", flush=True)
    with telling_of_others(), folder_of(project()) as folder, browser() as driven:
        subprocess.run([python, "-c", CERTIFICATE], cwd=folder, check=True)
        met = [
            compared(python, folder, driven, given.rounds, scheme, least)
            for scheme, least in (("http", 1.4), ("https", 2.0))
        ]
    return 0 if all(met) else 1


def project() -> dict[str, str]:
    """The files of the page, each of about two kilobytes, and the app."""
    each = FILES // 3
    files = {"page.py": APP.replace("EACH", str(each))}
    for number in range(each):
        files[f"static/{number}.css"] = f".c{number} {{ color: #000 }}\n" * 80
        files[f"static/{number}.js"] = f"window.v{number} = {number};\n" * 80
        files[f"static/{number}.svg"] = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
            + '<rect width="9" height="9"/>' * 60
            + "</svg>"
        )
    return files


@contextmanager
def browser() -> Iterator[Any]:
    """A running Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        driven = playwright.chromium.launch(
            executable_path=find_chromium(), headless=True, args=FLAGS
        )
        yield driven
        driven.close()


def compared(
    python: Path, folder: Path, driven: Any, rounds: int, scheme: str, least: float
) -> bool:
    """Open the page from each server by turns; return whether the targets are met."""
    floor = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    names = ("flask run", "gunicorn", *(("nginx",) if floor else ()), "devtui")
    ports = {name: free_port() for name in names}
    flask = [python, "-m", "flask", "--app", "page", "run", "-p", ports["flask run"]]
    gunicorn = [python, "-m", "gunicorn", "--threads", THREADS, "--keep-alive", "5",
                "-b", f"127.0.0.1:{ports['gunicorn']}", "page:app"]  # fmt: skip
    devtui = [python, "-m", "devtui", "--no-debug", "-p", ports["devtui"], "page"]
    if scheme == "https":
        flask += ["--cert", "adhoc"]
        gunicorn += ["--certfile", "tls.crt", "--keyfile", "tls.key"]
        devtui += ["--cert", "adhoc"]
    times: dict[str, list[float]] = {name: [] for name in ports}
    with ExitStack() as stack:
        stack.enter_context(started(flask, folder, folder / f"flask-{scheme}.log"))
        stack.enter_context(started(gunicorn, folder, folder / f"gunicorn-{scheme}.log"))
        if floor is not None:
            configuration = nginx_configuration(python, folder, ports["nginx"], scheme)
            stack.enter_context(
                started([floor, "-p", folder, "-c", configuration], folder, folder / "nginx.log")
            )
        watched = stack.enter_context(Watched([*map(str, devtui)], folder, environment()))
        for port in ports.values():
            wait_served(port)
        watched.wait_quiet(1.0)
        for number in range(rounds + 1):
            for name, port in ports.items():
                took = load_ms(driven, f"{scheme}://127.0.0.1:{port}/")
                if number:  # the first was to warm up
                    times[name].append(took)
    middle = {name: statistics.median(found) for name, found in times.items()}
    print(f"{scheme}: " + ", ".join(f"{name} {took:,.0f} ms" for name, took in middle.items()))
    if floor is not None:
        ratio = middle_ratio(times["flask run"], times["nginx"])
        print(f"  flask run / nginx: {ratio:.2f}")
    met = [
        told(f"{name} / devtui", middle_ratio(times[name], times["devtui"]), "", wanted, least=True)
        for name, wanted in (("flask run", least), ("gunicorn", 1.0))
    ]
    return all(met)


def nginx_configuration(python: Path, folder: Path, port: int, scheme: str) -> Path:
    """The file that has nginx serve the page and its files from the folder."""
    page = subprocess.check_output([python, "-c", "import page; print(page.index())"], cwd=folder)
    (folder / "index.html").write_bytes(page)
    tls = f"ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key;"
    written = folder / f"nginx-{scheme}.conf"
    written.write_text(
        f"daemon off; pid {folder}/nginx-{scheme}.pid; error_log stderr; events {{}}\n"
        f"{'user root;' if os.getuid() == 0 else ''}\n"
        "http { access_log off;\n"
        "types { text/html html; text/css css; text/javascript js; image/svg+xml svg; }\n"
        f"server {{ listen 127.0.0.1:{port}{' ssl' if scheme == 'https' else ''};\n"
        f"{tls if scheme == 'https' else ''} root {folder}; }} }}\n"
    )
    return written


def load_ms(driven: Any, url: str) -> float:
    """Milliseconds from the navigation to the end of the load, in a fresh profile."""
    context = driven.new_context(ignore_https_errors=True)
    try:
        page = context.new_page()
        page.goto(url, wait_until="load")
        page.wait_for_function(f"({LOAD_MS})() > 0")
        return float(page.evaluate(LOAD_MS))
    finally:
        context.close()


if __name__ == "__main__":
    sys.exit(main())
