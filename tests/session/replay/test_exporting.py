"""Copied requests: the shell gives the same answer, and the copied test passes."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import structs

from devtui.dashboard.details.copy_as import of_request
from devtui.dashboard.details.row_detail import masked_url
from devtui.events import AppLoaded, Body, RequestFinished
from devtui.session.replay.export.har import har
from devtui.session.replay.export.pytest_text import pytest_test
from devtui.session.replay.export.shell import curl, httpie, raw, why_no_httpie
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.outgoing import Outgoing, recorded
from devtui.session.store.request_record import Request
from devtui.text.sanitize import pasteable
from tests.support import fakes
from tests.support.live import Live, Serve
from tests.support.processes import DEADLINE
from tests.support.projects import APPS, app_source

ECHO = app_source("replay/echo.py")
SHOP = app_source("replay/shop.py")

BODIES = [
    ("application/json", '{"it\'s": "Größe", "line": "a\nb", "s": "$HOME `x` \\\\ !"}'.encode()),
    ("text/plain", b"tab\there \x1b[31m"),
    ("text/plain", "Größe".encode("latin-1")),
    ("application/octet-stream", bytes(range(256)) * 3),
    ("application/octet-stream", b"%s\\n'%"),
    ("multipart/form-data; boundary=b", b"--b\r\n\r\n\xff-\r\n--b--\r\n"),
    ("", b""),
    ("", b"no type"),
    ("text/plain", b"-x=1"),
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
def test_curl_gives_the_same_answer(live: Live) -> None:
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
    live.request("HEAD", "/head", b"-x", plain)
    in_shell(curl(recorded(stored(live, live.row("/head"))), live.session.url))
    assert live.row("/head", 2).request_body == live.row("/head").request_body
    if live.session.url.startswith("http:"):
        live.send_raw(b"GET /gr\xc3\xb6 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        target = "/gr\xc3\xb6"
        in_shell(curl(recorded(stored(live, live.row(target))), live.session.url))
        assert live.row(target, 2).target == target


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("http") is None, reason="HTTPie is not installed")
def test_httpie_gives_the_same_answer(serve: Serve) -> None:
    live = serve(ECHO, reload=False)
    live.serving()
    odd: dict[str, Any] = {
        "Cookie": 'a=it\'s; b="2"',
        "X-Empty": "",
        "X-Odd": "=1:2@3;4\\5",
        "Accept-Encoding": "br",
    }
    for number, (kind, body) in enumerate(BODIES):
        headers = {**odd, **({"Content-Type": kind} if kind else {})}
        live.request("POST", f"/../{number}?q=it's&a=b", body or None, headers)
        request = stored(live, live.row(f"/../{number}?q=it's&a=b"))
        told = json.loads(request.finished.response_body.text)  # type: ignore[union-attr,arg-type]
        found = json.loads(in_shell(httpie(recorded(request), live.session.url)))
        for one in (told, found):
            one["headers"].pop("HTTP_CONNECTION", None)
        assert found == told


@contextmanager
def recording() -> Iterator[tuple[str, list[bytes]]]:
    """A server that keeps what it is sent, and its URL."""
    sent: list[bytes] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            sent.append(b"".join(iter(self.rfile.readline, b"\r\n")))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
        server.shutdown()
        thread.join()


ODD_TARGETS = [
    "/a#b", "/a?x=#y", "/?", "//other/a", "/*", "*", "http://other:1/a?b#c", "?x", "/%ZZ%2f%41",
    "/{a}[1]|^\\", "/gr\xc3\xb6\xff", "/a%20b?url=http://x/?y&%C3%A9=it's", "http://other//a",
]  # fmt: skip
ODD_HEADERS = [
    ("X-Umlaut", "gr\xc3\xb6"), ("X-Latin", "gr\xf6"), ("X-Space", "a "),
    ("X-No-Break", "a\xc2\xa0"), ("X-Escape", "a\\=b"), ("X-Escaped", "a\\\\=b"),
    ("X-Control", "\x01"), ("X=1", "a"), ("-X", "a"), ("--form", "a"),
]  # fmt: skip


def read(target: str) -> str:
    """Return the target that is recorded: http.server reads two slashes before it as one."""
    return f"/{target.lstrip('/')}" if target.startswith("//") else target


@pytest.mark.e2e
def test_the_copied_url_leads_to_the_same_page(serve: Serve) -> None:
    live = serve(ECHO, reload=False)
    live.serving()

    def seen(target: str) -> tuple[str, list[dict[str, str]]]:
        head = f"GET {target} HTTP/1.0\r\nHost: shop\r\n\r\n"
        told = json.loads(live.send_raw(head.encode("latin-1")).partition(b"\r\n\r\n")[2])
        query = parse_qsl(told["query"].encode("latin-1").decode(), keep_blank_values=True)
        path = told["path"].encode("latin-1").decode() or "/"
        return path, [{"name": name, "value": value} for name, value in query]

    for target in (*ODD_TARGETS, "/?\xc3\xb6=\xc3\xa4"):
        if target != "*":  # no URL leads there
            path, query = seen(target)
            entry = json.loads(har([stored(live, live.row(read(target)))], live.session.url))
            sent = entry["log"]["entries"][0]["request"]
            urls = masked_url(target, live.session.url), sent["url"]
            assert [seen(url.removeprefix(live.session.url)) for url in urls] == [(path, query)] * 2
            assert sent["queryString"] == query


@pytest.mark.e2e
@pytest.mark.parametrize("program", ["curl", "http"])
def test_what_the_shell_sends(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    made = 0
    with recording() as (url, sent):
        host = ("Host", url.removeprefix("http://"))
        always = (host, ("User-Agent", "x"), ("Accept", "*/*"), ("Accept-Encoding", "br, zstd"))
        requests = [Outgoing("GET", target, always) for target in ODD_TARGETS]
        requests += [Outgoing("GET", "/", (*always, header)) for header in ODD_HEADERS]
        requests += [Outgoing("Get", "/", always), Outgoing("GET", "/", always[1:])]
        for outgoing in requests:
            if program == "http" and why_no_httpie(outgoing, url):
                continue
            made += 1
            in_shell((curl if program == "curl" else httpie)(outgoing, url))
            first, *lines = sent.pop().decode("latin-1").split("\r\n")
            assert first == f"{outgoing.method} {outgoing.target} HTTP/1.1"
            found = {line for line in lines[:-1] if not line.startswith("Connection: ")}
            wanted = {f"{name}: {value}" for name, value in outgoing.headers}
            if program == "curl":  # it asks for what it can decode
                found = {line for line in found if not line.startswith("Accept-Encoding")}
                wanted.discard("Accept-Encoding: br, zstd")
            assert found == wanted
    assert made == (len(requests) if program == "curl" else 6)


def test_httpie_and_the_raw_request() -> None:
    outgoing = Outgoing("PUT", "/a?b=1", (("Host", "h:1"), ("Cookie", "it's")), b'{"a": "\'"}')
    assert httpie(outgoing, "http://h:1") == (
        "http --path-as-is --ignore-stdin --raw='{\"a\": \"'\"'\"'\"}' PUT 'http://h:1/a?b=1' "
        "'Cookie:it'\"'\"'s' Accept: Accept-Encoding: User-Agent: Content-Type:"
    )
    assert why_no_httpie(outgoing, "unix:///tmp/s") == "HTTPie cannot use a Unix socket."
    odd = Outgoing("GET", "/", (("Host", "h:1"), ("X", "=1"), ("Y", "@f"), ("Z", "a=b")))
    assert r" 'X:\=1' 'Y:\@f' Z:a=b " in httpie(odd, "http://h:1")
    assert raw(outgoing) == (
        'PUT /a?b=1 HTTP/1.1\r\nHost: h:1\r\nCookie: it\'s\r\nContent-Length: 10\r\n\r\n{"a": "\'"}'
    )
    for changed in (b"\xff", b"a\r\nb", b"a\n", b"\x1b[31m"):  # by a terminal, or by our copying
        assert raw(Outgoing("POST", "/", (), changed)) == ""


def test_the_har_of_a_compressed_page_and_of_hidden_characters() -> None:
    session = fakes.FakeSession()
    text = "<p>\u202eGröße\x1b</p>"
    data = gzip.compress(text.encode())
    body = Body(content_type="text/html", size_bytes=len(data), digest="1", data=data)
    start, finished = fakes.request(1, "/x")
    headers = (("Content-Encoding", "gzip"),)
    finished = structs.replace(finished, response_headers=headers, response_body=body)
    session.feed(start, finished)
    shown = har(session.store.requests, session.url)
    assert pasteable(shown) == shown
    assert json.loads(shown)["log"]["entries"][0]["response"]["content"]["text"] == text


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("br", b"\x0b\x00\x80a\x03"), ("gzip", gzip.compress(bytes(300_000)))],
    ids=["br", "gzip"],
)
def test_the_har_of_what_cannot_be_decompressed(encoding: str, data: bytes) -> None:
    session = fakes.FakeSession()
    body = Body(content_type="text/html", size_bytes=len(data), digest="1", data=data)
    start, finished = fakes.request(1, "/x")
    headers = (("Content-Encoding", encoding),)
    finished = structs.replace(finished, response_headers=headers, response_body=body)
    session.feed(start, finished)
    log = json.loads(har(session.store.requests, session.url))["log"]
    assert log["entries"][0]["response"]["content"] == {
        "size": len(data),
        "mimeType": "text/html",
        "comment": f"devtui cannot decompress {encoding}",
    }


ODD = app_source("replay/odd_bodies.py")


@pytest.mark.e2e
def test_the_har_of_several_requests(serve: Serve) -> None:
    live = serve(ECHO + ODD, reload=False)
    live.serving()
    live.request("POST", "/a?x=1&y=#z", b"\xff", {"Cookie": "a=1; b=2"})
    for target in ("/b", "/latin", "/long-latin"):
        live.visit(target)
    requests = [stored(live, live.row(it)) for it in ("/a?x=1&y=#z", "/b", "/latin", "/long-latin")]
    log = json.loads(har(requests, live.session.url))["log"]
    check_har(log)
    first, second, latin, long = log["entries"]
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
    content = latin["response"]["content"]
    assert base64.b64decode(content["text"]) == "Größe".encode("latin-1")
    assert (content["encoding"], content["size"]) == ("base64", 5)
    assert long["response"]["content"]["comment"] == "devtui recorded only the beginning"


def test_the_har_of_what_is_not_known() -> None:
    session = fakes.FakeSession()
    cookies = (
        "k=v; Path=/a; Expires=Fri, 02 Jan 2026 03:04:05 GMT; HttpOnly; Secure",
        "x=; Expires=0",
        "y=; Expires=Thu, 01 Jan 99999999999999999999 00:00:00 GMT",
        "z=; Expires=Fri, 02 Jan 2026 03:04:05 -0000",
    )
    started, finished = fakes.request(1, "http://other/a?b", status=None)
    finished = structs.replace(
        finished,
        first_byte_ms=None,
        response_headers=tuple(("Set-Cookie", one) for one in cookies),
        response_body=Body(content_type="image/png", size_bytes=40_000, truncated=True),
    )
    session.feed(started, finished, *fakes.request(2, "*"))
    dropped = session.store.requests[1]
    dropped.drop_details()
    log = json.loads(har(session.store.requests, session.url))["log"]
    check_har(log)
    entry, other = log["entries"]
    assert entry["request"]["url"] == f"{session.url}/a?b"
    assert entry["timings"] == {"send": 0, "wait": 12.3, "receive": 0}
    assert entry["response"]["cookies"] == [
        {
            "name": "k",
            "value": "v",
            "path": "/a",
            "expires": "2026-01-02T03:04:05+00:00",
            "httpOnly": True,
            "secure": True,
        },
        {"name": "x", "value": ""},
        {"name": "y", "value": ""},
        {"name": "z", "value": "", "expires": "2026-01-02T03:04:05+00:00"},
    ]
    assert entry["response"]["content"] == {
        "size": 40_000,
        "mimeType": "image/png",
        "comment": "devtui recorded only the size",
    }
    assert other["request"]["bodySize"] == -1


FIELDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "entry": {
        "startedDateTime": str, "time": (int, float), "request": dict, "response": dict,
        "cache": dict, "timings": dict,
    },
    "request": {
        "method": str, "url": str, "httpVersion": str, "cookies": list, "headers": list,
        "queryString": list, "headersSize": int, "bodySize": int,
    },
    "response": {
        "status": int, "statusText": str, "httpVersion": str, "cookies": list, "headers": list,
        "content": dict, "redirectURL": str, "headersSize": int, "bodySize": int,
    },
    "content": {"size": int, "mimeType": str},
    "postData": {"mimeType": str, "text": str},
    "timings": {"send": (int, float), "wait": (int, float), "receive": (int, float)},
    "pair": {"name": str, "value": str},
}  # fmt: skip
"""What version 1.2 of the format requires."""


def check_har(log: dict[str, Any]) -> None:
    def check(what: str, found: dict[str, Any]) -> None:
        for name, kind in FIELDS[what].items():
            assert isinstance(found[name], kind), f"{what}.{name} is {found.get(name)!r}"

    assert log["version"] == "1.2"
    assert set(log["creator"]) == {"name", "version"}
    for entry in log["entries"]:
        check("entry", entry)
        request, response = entry["request"], entry["response"]
        check("request", request)
        check("response", response)
        check("content", response["content"])
        check("timings", entry["timings"])
        if "postData" in request:
            check("postData", request["postData"])
            assert "params" not in request["postData"]  # there is the one or the other
        lists = [one[name] for one in (request, response) for name in ("cookies", "headers")]
        for pair in chain(*lists, request["queryString"]):
            check("pair", pair)
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert sum(entry["timings"].values()) == pytest.approx(entry["time"])
        assert min(entry["timings"].values()) >= 0
        assert "#" not in request["url"]


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
    """Run copied tests in the project's folder; each gets a name of its own."""
    numbers = count()
    text = re.sub("def test_", lambda _: f"def test_{next(numbers)}_", text)
    (folder / "test_copied.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_copied.py"]
    hidden = ("PYTEST_", "COV_", "DJANGO_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # which would take most of the time
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, env=environment
    )
    shown = fails or f"{next(numbers)} passed"
    assert done.returncode == bool(fails), f"{text}\n{done.stdout}"
    assert shown in done.stdout, f"{text}\n{done.stdout}"


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
    # Of another size: Python takes compiled code of the same second and size for the new one.
    app.write_text(app.read_text(encoding="utf-8").replace("PRICE = 2", "PRICE = 30"))
    passes(tests[0], folder, fails="assert body ==")


@pytest.mark.e2e
def test_the_answer_to_an_edited_request_does_not_weaken_the_copied_test(serve: Serve) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = serve(SHOP, reload=False)
    live.serving()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    live.request("POST", "/order", b"item=tea", form)
    request = stored(live, live.row("/order"))
    outgoing = recorded(request)
    live.run(live.session.replays.send(request))
    live.run(live.session.replays.send(request, structs.replace(outgoing, body=b"item=pie")))
    choices = {one.what: one for one in of_request(request, live.session, [request])}
    text = choices["a pytest test"].copied
    assert "assert body['item'] == 'tea'" in text
    assert "number" not in text  # it differs between the two orders of tea


def test_a_copied_test_joins_headers_as_servers_do() -> None:
    outgoing = Outgoing("GET", "/", (("X-Thing", "a"), ("Host", "shop"), ("x-thing", "b")))
    app = AppLoaded(app="app:app", framework="flask.Flask", file="", duration_ms=1, module_count=1)
    answers = [fakes.finished(1)]
    assert "('X-Thing', 'a,b')" in pytest_test(outgoing, answers, app, "http://shop", Ignores())
    app = structs.replace(app, framework="django.WSGIHandler")
    text = pytest_test(outgoing, answers, app, "http://shop", Ignores())
    assert "'HTTP_X_THING': 'a,b'" in text


def test_a_copied_test_takes_two_slashes_as_servers_do() -> None:
    app = AppLoaded(app="app:app", framework="flask.Flask", file="", duration_ms=1, module_count=1)
    text = pytest_test(
        Outgoing("GET", "//other/a"), [fakes.finished(1)], app, "http://shop", Ignores()
    )
    assert "    '/other/a',\n" in text


@pytest.mark.e2e
def test_the_copied_tests_of_another_app_pass(serve: Serve, folder: Path) -> None:
    live = serve(ECHO + ODD, reload=False)
    live.serving()
    live.request("PATCH", "/a%20b?x=1", b"\xff\x00", {"Cookie": "a=1", "Content-Type": "x/y"})
    texts = [copied(live, "/a%20b?x=1")]
    assert "from werkzeug.test import Client" in texts[0]
    for target in ("/nan", "/latin", "/long-latin", "/raises"):
        live.visit(target)
        texts.append(copied(live, target))
    for target in ODD_TARGETS:
        if target.startswith(("/", "http")):
            head = f"GET {target} HTTP/1.0\r\nHost: shop\r\nX_Dropped: 1\r\n\r\n"
            live.send_raw(head.encode("latin-1"))
            texts.append(copied(live, read(target)))
    passes("\n\n".join(texts), folder)
    assert "assert body['k'] == 1" in texts[1]


AS_PYTEST_DJANGO = """
import djangosite.wsgi
from django.test.utils import setup_test_environment

setup_test_environment(debug=False)
"""


@pytest.mark.e2e
def test_the_copied_test_of_a_django_project_passes(serve: Serve, folder: Path) -> None:
    pytest.importorskip("django", reason="Django is not installed")
    site = APPS / "djangosite"
    files = {
        f"djangosite/{path.relative_to(site)}": path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*"))
        if path.suffix in (".py", ".html")
    }
    settings = files["djangosite/settings.py"]
    files["djangosite/settings.py"] = settings.replace('HOSTS = ["*"]', "HOSTS = []")
    files["conftest.py"] = AS_PYTEST_DJANGO
    live = serve(files, "djangosite.wsgi", reload=False)
    live.serving()
    page = live.get("/")
    live.row("/")
    text = copied(live, "/")
    assert "from django.test import Client" in text
    assert "csrfmiddlewaretoken" not in text
    refused = text.replace("'GET'", "'POST'")
    passes(refused, folder, fails="assert 403 == 200")
    # A form with its token is taken again, and refused without it.
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token is not None
    form = f"name=a&text=b&csrfmiddlewaretoken={token[1]}".encode()
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    live.request("POST", "/?form", form, headers)
    request = stored(live, live.row("/?form"))
    assert request.row.status == 302
    passes(f"{text}\n\n{copied(live, '/?form')}", folder)
    again = live.run(live.session.replays.send(request))
    assert again.request is not None
    assert again.request.verdict == "same"
    without = structs.replace(recorded(request), body=b"name=a&text=b")
    changed = live.run(live.session.replays.send(request, without))
    assert changed.request is not None
    assert changed.request.verdict == "403 now"


WITHOUT_WSGI_FILE = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop_settings')\n",
    "shop_settings.py": "DEBUG, SECRET_KEY, ROOT_URLCONF = True, 'x', 'urls'",
    "urls.py": app_source("replay/django_urls.py"),
}


@pytest.mark.e2e
def test_the_copied_test_of_a_django_project_without_a_wsgi_file_passes(
    serve: Serve, folder: Path
) -> None:
    pytest.importorskip("django", reason="Django is not installed")
    live = serve(WITHOUT_WSGI_FILE, "manage.py", reload=False)
    live.serving()
    live.request("OPTIONS", "/", b"", {"Content-Type": "a/b"})
    text = copied(live, "/")
    assert "== 'hello a/b'" in text
    live.visit("/json")
    sorted_imports = "import json\nimport os\n\nimport django\nfrom django.test import Client"
    assert copied(live, "/json").startswith(sorted_imports)
    passes(text, folder)
