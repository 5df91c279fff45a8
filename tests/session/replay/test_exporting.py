"""Copied requests: the shell gives the same answer, and the copied test passes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devtui.events import AppLoaded, RequestFinished
from devtui.session.replay.export.har import har
from devtui.session.replay.export.pytest_text import pytest_test
from devtui.session.replay.export.shell import curl, httpie, raw
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.outgoing import Outgoing, recorded
from devtui.session.store.request_record import Request
from tests.support.live import Live, Serve
from tests.support.processes import DEADLINE
from tests.support.projects import APPS

ECHO = (APPS / "replay" / "echo.py").read_text(encoding="utf-8")
SHOP = (APPS / "replay" / "shop.py").read_text(encoding="utf-8")

BODIES = [
    ("application/json", '{"it\'s": "Größe", "line": "a\nb", "s": "$HOME `x` \\\\ !"}'.encode()),
    ("text/plain", b"tab\there \x1b[31m"),
    ("text/plain", "Größe".encode("latin-1")),
    ("application/octet-stream", bytes(range(256)) * 3),
    ("application/octet-stream", b"%s\\n'%"),
    ("", b""),
    ("", b"no type"),
]


def stored(live: Live, row: RequestFinished) -> Request:
    request = live.session.store.request(row.id)
    assert request is not None
    return request


def in_shell(line: str) -> bytes:
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("scheme", ["http", "https", "unix"])
def test_curl_gives_the_same_answer(serve: Serve, scheme: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"reload": False}
    if scheme == "https":
        pytest.importorskip("cryptography", reason="an adhoc certificate needs cryptography")
        settings["cert"] = "adhoc"
    elif scheme == "unix":
        settings["host"] = f"unix://{tmp_path}/s"
    live = serve(ECHO, **settings)
    live.serving()
    plain: dict[str, Any] = {
        "Cookie": 'a=it\'s; b="2"',
        "X-Empty": "",
        "X-Umlaut": "größe".encode(),
    }
    odd = {"X-Odd": b"\xff'", "User-Agent": "", "Accept-Encoding": "identity"}
    for method in ("POST", "PATCH", "GET", "OPTIONS"):
        for number, (kind, body) in enumerate(BODIES):
            target = f"/{method}/../{{a}}[1]/{number}?q=it's&a=b c"[:-2].replace(" ", "%20")
            headers = {**plain, **(odd if number % 2 else {})}
            if kind:
                headers["Content-Type"] = kind
            live.request(method, target, body or None, headers)
            request = stored(live, live.row(target))
            told = json.loads(request.finished.response_body.text)  # type: ignore[union-attr,arg-type]
            told["headers"].pop("HTTP_ACCEPT_ENCODING", None)
            found = json.loads(in_shell(curl(recorded(request), live.session.url)))
            found["headers"].pop("HTTP_ACCEPT_ENCODING", None)
            assert found == told


def test_httpie_and_the_raw_request() -> None:
    outgoing = Outgoing("PUT", "/a?b=1", (("Host", "h:1"), ("Cookie", "it's")), b'{"a": "\'"}')
    assert httpie(outgoing, "http://h:1") == (
        "http --path-as-is --ignore-stdin --raw '{\"a\": \"'\"'\"'\"}' PUT 'http://h:1/a?b=1' "
        "'Cookie:it'\"'\"'s' Accept: User-Agent: Content-Type:"
    )
    assert httpie(outgoing, "unix:///tmp/s") == ""
    assert raw(outgoing) == (
        'PUT /a?b=1 HTTP/1.1\r\nHost: h:1\r\nCookie: it\'s\r\nContent-Length: 10\r\n\r\n{"a": "\'"}'
    )
    assert raw(Outgoing("POST", "/", (), b"\xff")) == ""


@pytest.mark.e2e
def test_the_har_of_several_requests(serve: Serve) -> None:
    live = serve(ECHO, reload=False)
    live.serving()
    live.request("POST", "/a?x=1&y=", b"\xff", {"Cookie": "a=1; b=2"})
    live.visit("/b")
    requests = [stored(live, live.row(target)) for target in ("/a?x=1&y=", "/b")]
    log = json.loads(har(requests, live.session.url))["log"]
    assert log["version"] == "1.2"
    first, second = log["entries"]
    assert first["request"]["url"] == f"{live.session.url}/a?x=1&y="
    assert first["request"]["queryString"] == [
        {"name": "x", "value": "1"},
        {"name": "y", "value": ""},
    ]
    assert first["request"]["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    assert first["request"]["postData"]["encoding"] == "base64"
    assert first["response"]["cookies"] == [{"name": "seen", "value": "1"}]
    assert json.loads(second["response"]["content"]["text"])["path"] == "/b"
    assert second["time"] >= second["timings"]["wait"] > 0


# -- pytest ------------------------------------------------------------------------------------


def loaded(live: Live) -> AppLoaded:
    found = live.session.served.loaded
    assert found is not None
    return found


def copied(live: Live, *targets: str, count: int = 1) -> str:
    (target,) = targets
    rows = [live.row(target, number) for number in range(1, count + 1)]
    outgoing = recorded(stored(live, rows[0]))
    return pytest_test(outgoing, rows, loaded(live), live.session.url, Ignores())


def passes(text: str, folder: Path, *, fails: str = "") -> None:
    """Run a copied test in the project's folder."""
    (folder / "test_copied.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_copied.py"]
    hidden = ("PYTEST_", "COV_", "DJANGO_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, env=environment
    )
    assert (done.returncode == 1 and fails in done.stdout) if fails else done.returncode == 0, (
        f"{text}\n{done.stdout}"
    )


@pytest.mark.e2e
def test_the_copied_tests_of_a_flask_app_pass(serve: Serve, folder: Path) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = serve(SHOP, reload=False)
    live.serving()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    live.get("/items", headers={"Cookie": "user=ada; session=s"})
    live.get("/page")
    live.request("POST", "/upload", bytes(range(256)), {"X-Kind": "it's"})
    for _ in range(2):
        live.request("POST", "/order", b"item=p%C3%A4", form)
    live.get("/missing")
    tests = [copied(live, target) for target in ("/items", "/page", "/upload", "/missing")]
    tests.append(copied(live, "/order", count=2))
    assert "assert body == {" in tests[0]
    assert "test_client(use_cookies=False)" in tests[0]
    assert "cookies or credentials" in tests[0]
    assert "number" not in tests[-1]  # it differs between the two orders
    assert "assert body['item'] == 'pä'" in tests[-1]
    for number, text in enumerate(tests):
        compile(text, f"test {number}", "exec")
    passes("\n\n".join(tests), folder)
    app = folder / "app.py"
    app.write_text(app.read_text(encoding="utf-8").replace("PRICE = 2", "PRICE = 3"))
    passes(tests[0], folder, fails="assert body ==")


@pytest.mark.e2e
def test_the_copied_test_of_another_app_passes(serve: Serve, folder: Path) -> None:
    live = serve(ECHO, reload=False)
    live.serving()
    live.request("PATCH", "/a%20b?x=1", b"\xff\x00", {"Cookie": "a=1", "Content-Type": "x/y"})
    text = copied(live, "/a%20b?x=1")
    assert "from werkzeug.test import Client" in text
    passes(text, folder)


@pytest.mark.e2e
def test_the_copied_test_of_a_django_project_passes(serve: Serve, folder: Path) -> None:
    pytest.importorskip("django", reason="Django is not installed")
    site = APPS / "djangosite"
    files = {
        f"djangosite/{path.relative_to(site)}": path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*"))
        if path.suffix in (".py", ".html")
    }
    live = serve(files, "djangosite.wsgi", reload=False)
    live.serving()
    live.get("/")
    live.row("/")  # the end of the next one may be told first
    live.request("POST", "/", b"name=a", {"Content-Type": "application/x-www-form-urlencoded"})
    text = copied(live, "/")
    assert "from django.test import Client" in text
    assert "csrfmiddlewaretoken" not in text
    passes(text, folder)
    refused = copied(live, "/", count=1).replace("'GET'", "'POST'")
    passes(refused, folder, fails="assert 403 == 200")
