"""Which responses get the script, and that all else of them stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest
from werkzeug.datastructures import Headers
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder, TestResponse
from werkzeug.wrappers import Request, Response

from devtui.server.live.handover import Handover
from devtui.server.live.insertion import InsertScript
from devtui.server.live.unanswered import Unanswered

PAGE = "<!doctype html><html><head><title>x</title></head><body>text</body></html>"
TAG = '<script async src="/.devtui/live.js?1" data-key="k" data-version="1.0"></script>'
POSTED = TAG.replace('"1.0"', '"1.0" data-posted')
BROWSER = {"Sec-Fetch-Dest": "document"}
OLD = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class FakeHandover:
    """Says what the real one would, and remembers what was left alone."""

    on = True
    console = False
    key = "k"
    version = "1.0"
    script_url = "/.devtui/live.js?1"
    script_checksum = "sha256-c"

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.unanswered = Unanswered()

    def leave_alone(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def handover() -> FakeHandover:
    return FakeHandover()


Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(handover: FakeHandover) -> Ask:
    def ask(answer: Response | Any, headers: dict[str, str], method: str = "GET") -> TestResponse:
        app = InsertScript(answer, cast(Handover, handover))
        return Client(app).open(EnvironBuilder(method=method, headers=Headers(headers)))

    return ask


def page(**options: Any) -> Response:
    return Response(PAGE, **{"content_type": "text/html; charset=utf-8", **options})


WITH_TAG = PAGE.replace("<head>", "<head>" + TAG)


@pytest.mark.parametrize(
    ("headers", "method", "tag"),
    [
        (BROWSER, "GET", TAG),
        ({"Sec-Fetch-Dest": "iframe"}, "GET", TAG),
        ({"Sec-Fetch-Dest": "frame"}, "GET", TAG),
        (OLD, "GET", TAG),
        (BROWSER, "POST", POSTED),
        ({"Sec-Fetch-Dest": "empty", **OLD}, "GET", ""),
        ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "navigate", **OLD}, "GET", TAG),
        ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "navigate"}, "GET", ""),
        ({"Sec-Fetch-Dest": "object", "Sec-Fetch-Mode": "navigate"}, "GET", ""),
        ({"Sec-Fetch-Dest": "script"}, "GET", ""),
        ({}, "GET", ""),
        ({"Accept": "*/*"}, "GET", ""),
        ({"Accept": "text/html;q=0, */*"}, "GET", ""),
        ({**OLD, "HX-Request": "true"}, "GET", ""),
        ({**OLD, "Turbo-Frame": "one"}, "GET", ""),
        ({**OLD, "X-Alpine-Request": "true"}, "GET", ""),
        ({**OLD, "X-Requested-With": "XMLHttpRequest"}, "GET", ""),
        (BROWSER, "PUT", ""),
    ],
)
def test_only_documents_opened_by_a_browser_get_it(
    ask: Ask, headers: dict[str, str], method: str, tag: str
) -> None:
    answer = ask(page(), headers, method)
    assert answer.text == PAGE.replace("<head>", "<head>" + tag)
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_nothing_gets_it_while_live_is_off(ask: Ask, handover: FakeHandover) -> None:
    handover.on = False
    assert ask(page(), BROWSER).text == PAGE


@pytest.mark.parametrize(
    "answer",
    [
        page(content_type="application/xhtml+xml"),
        page(content_type="text/plain"),
        page(content_type="text/html; charset=UTF-16"),
        page(headers={"Content-Disposition": "attachment; filename=x.html"}),
        page(headers={"Content-Digest": "sha-256=:x:"}),
        page(status=302, headers={"Location": "/"}),
        page(status=206, headers={"Content-Range": "bytes 0-9/100"}),
        Response("", content_type="text/html"),
        Response(status=304),
        Response(status=204, content_type="text/html"),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.content_type}",
)
def test_what_is_no_page_passes_as_it_is(ask: Ask, answer: Response) -> None:
    got = ask(answer, BROWSER)
    assert (got.data, got.status) == (answer.data, answer.status)
    assert list(got.headers) == list(ask(answer, {}).headers)


@pytest.mark.parametrize("status", [200, 201, 404, 500])
def test_every_status_that_shows_a_page_has_it(ask: Ask, status: int) -> None:
    assert ask(page(status=status), BROWSER).text == WITH_TAG


def test_a_wrong_length_stays_as_wrong_as_it_was(ask: Ask) -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "5")])
        return [PAGE.encode()]

    got = ask(app, BROWSER)
    assert got.headers["Content-Length"] == str(5 + len(TAG))
    assert got.text == WITH_TAG


TAGGED = {"ETag": '"x"'}
DATED = {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}


@pytest.mark.parametrize(
    ("validator", "condition"),
    [
        (TAGGED, {"If-None-Match": TAGGED["ETag"]}),
        (DATED, {"If-Modified-Since": DATED["Last-Modified"]}),
        ({**TAGGED, **DATED}, {"If-None-Match": TAGGED["ETag"], "If-Modified-Since": "today"}),
    ],
)
def test_the_app_hears_of_a_page_that_the_browser_has_if_its_script_is_of_this_version(
    handover: FakeHandover, validator: dict[str, str], condition: dict[str, str]
) -> None:
    @Request.application
    def app(request: Request) -> Response:
        return page(headers=validator).make_conditional(request)

    client = Client(InsertScript(app, cast(Handover, handover)))

    def status(
        target: str = "/?a=b", headers: dict[str, str] = BROWSER, of_session: bool = False
    ) -> int:
        exchange = {"devtui.exchange": SimpleNamespace(of_session=of_session)}
        asked = {**headers, **condition}
        return client.get(target, headers=asked, environ_base=exchange).status_code

    assert [status(), status(), status("/")] == [200, 304, 200]
    assert status("/other", {"Sec-Fetch-Dest": "empty"}) == 304
    handover.version = "1.1"
    assert [status(of_session=True), status(), status()] == [304, 200, 304]
    handover.version, handover.console = "1.2", True
    assert [status(), status()] == [200, 200]


@pytest.mark.parametrize("kind", ["text/html", "application/pdf"])
def test_an_app_below_another_path_and_a_document_of_another_kind_may_be_kept(
    handover: FakeHandover, kind: str
) -> None:
    """What moves a part of the path while it answers changes the environ of whoever called it."""

    @Request.application
    def app(request: Request) -> Response:
        return page(content_type=kind, headers=TAGGED).make_conditional(request)

    mounted = DispatcherMiddleware(app, {"/shop": app})
    client = Client(InsertScript(mounted, cast(Handover, handover)))
    asked = {**BROWSER, "If-None-Match": TAGGED["ETag"]}
    assert [client.get("/shop/x", headers=asked).status_code for _ in range(2)] == [200, 304]


def test_head_is_left_alone(ask: Ask) -> None:
    got = ask(page(headers={"ETag": '"x"'}), BROWSER, "HEAD")
    assert (got.headers["Content-Length"], got.headers["ETag"]) == (str(len(PAGE)), '"x"')


def test_an_app_that_writes_gets_it_too(ask: Ask) -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        write = start_response("200 OK", [("Content-Type", "text/html")])
        write(PAGE[:20].encode())
        return [PAGE[20:].encode()]

    assert ask(app, BROWSER).text == WITH_TAG


def test_a_page_is_asked_for_without_compression(ask: Ask) -> None:
    @Request.application
    def app(request: Request) -> Response:
        return page(headers={"X-Asked": request.headers.get("Accept-Encoding", "")})

    assert ask(app, {**BROWSER, "Accept-Encoding": "gzip, br"}).headers["X-Asked"] == "identity"
    assert ask(app, {"Accept-Encoding": "gzip, br"}).headers["X-Asked"] == "gzip, br"


def test_a_compressed_page_is_left_alone_with_a_reason(ask: Ask, handover: FakeHandover) -> None:
    answer = Response(b"\x1f\x8b", content_type="text/html", headers={"Content-Encoding": "gzip"})
    assert ask(answer, BROWSER).data == b"\x1f\x8b"
    assert handover.reasons == ["its page is compressed although nobody asked for that"]


def test_a_page_that_wants_checksums_of_scripts_has_that_of_this_one(ask: Ask) -> None:
    headers = {"Integrity-Policy": "blocked-destinations=(script)"}
    answer = ask(page(headers=headers), BROWSER)
    assert answer.headers["Integrity-Policy"] == headers["Integrity-Policy"]
    tag = TAG.replace("></script>", ' integrity="sha256-c" crossorigin></script>')
    assert answer.text.replace("<script  ", "<script ") == PAGE.replace("<head>", "<head>" + tag)


def test_a_policy_is_never_changed(ask: Ask, handover: FakeHandover) -> None:
    name, strict = "Content-Security-Policy", "default-src 'none'"
    forbidden = ask(page(headers={name: strict}), BROWSER)
    assert (forbidden.text, forbidden.headers[name]) == (PAGE, strict)
    assert handover.reasons == ["its Content-Security-Policy forbids that (default-src)"]
    nonce = "script-src 'nonce-a\"1'"
    allowed = ask(page(headers={name: nonce}), BROWSER)
    assert allowed.headers[name] == nonce
    assert 'nonce="a&quot;1"></script>' in allowed.text


NAME = "Content-Security-Policy"
NO_CONNECTION = f"<meta http-equiv='{NAME}' content='connect-src a'>"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (f'<meta http-equiv="{NAME}" content="connect-src \'none\'">', "connect-src"),
        (f"<META content='default-src https:' HTTP-EQUIV={NAME.lower()} />", "default-src"),
        (f"<meta http-equiv='{NAME}' content='connect-src &#39;self&#39;'>", ""),
        (f"<meta http-equiv='{NAME}' content=\"script-src 'none'\">", ""),
        (f"<meta http-equiv='{NAME}' content='img-src a'>{NO_CONNECTION}", "connect-src"),
        (f"<!-- {NO_CONNECTION} -->", ""),
        (f"<script>`{NO_CONNECTION}`</script>", ""),
        (NO_CONNECTION.replace("http-equiv", "name"), ""),
        (NO_CONNECTION.replace(NAME, f"{NAME}-Report-Only"), ""),
        (NO_CONNECTION[:-2], ""),
        (f"</head>{NO_CONNECTION}", ""),
        (f"<!--{'x' * 70_000}-->{NO_CONNECTION}", ""),
    ],
    ids=lambda value: value[:40],
)
def test_a_policy_in_the_page_that_forbids_the_connection_is_reported(
    ask: Ask, handover: FakeHandover, head: str, reason: str
) -> None:
    text = PAGE.replace("<title>", f"{head}<title>")
    expected = f"a Content-Security-Policy in a <meta> tag forbids that ({reason})"
    for pieces in ([text], list(text) if len(text) < 1000 else [text[:50], text[50:]]):
        handover.reasons.clear()
        answer = Response(pieces, content_type="text/html")
        assert ask(answer, BROWSER).text == text.replace("<head>", "<head>" + TAG)
        assert handover.reasons == ([expected] if reason else [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_page_in_utf_16_stays_what_it_is(ask: Ask, handover: FakeHandover, encoding: str) -> None:
    """Its mark counts for more than the header, and only its first bytes tell."""
    text = "\ufeff" + PAGE
    for pieces in ([text.encode(encoding)], [bytes([one]) for one in text.encode(encoding)]):
        answer = Response(pieces, content_type="text/html; charset=utf-8")
        answer.content_length = len(text.encode(encoding))
        got = ask(answer, BROWSER)
        assert got.data.decode(encoding).rstrip(" ") == text
        assert got.headers["Content-Length"] == str(len(got.data))
    assert "it is encoded in UTF-16" in handover.reasons


def test_the_response_is_closed(ask: Ask) -> None:
    closed = []
    answer = page()
    answer.call_on_close(lambda: closed.append(True))
    ask(answer, BROWSER).close()
    assert closed


class FakeConnection:
    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data


@pytest.mark.parametrize("cut", ["before it begins", "after it began", "after it failed"])
def test_a_document_is_answered_once_also_if_it_is_cut(handover: FakeHandover, cut: str) -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        if cut == "before it begins":
            handover.unanswered.cut()
        if cut == "after it failed":
            raise LookupError
        start_response("200 OK", [("Content-Type", "text/html")])
        handover.unanswered.cut()
        return [PAGE.encode()]

    connection = FakeConnection()
    environ = EnvironBuilder(headers=Headers(BROWSER), environ_base={"werkzeug.socket": connection})
    with ExitStack() as stack:
        if cut != "after it began":
            stack.enter_context(pytest.raises((ConnectionAbortedError, LookupError)))
        Client(InsertScript(app, cast(Handover, handover))).open(environ)
    handover.unanswered.cut()
    head, _, body = connection.sent.decode().partition("\r\n\r\n")
    if cut == "before it begins":
        assert head.startswith("HTTP/1.1 503 ")
        assert f"Content-Length: {len(body)}\r\n" in head
        assert TAG in body
    else:
        assert connection.sent == b""
