"""All code that reads untrusted text takes time in proportion to its length.

Each text has the largest size that can arrive. A parser that goes back for each character then
takes minutes, a linear one milliseconds. The tests count processor time, so a busy machine does
not matter.
"""

from __future__ import annotations

import http.client
import http.server
import io
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from devtui.config import env_files
from devtui.config.settings import Settings
from devtui.events import Error, ExceptionData, decode_event, decode_order
from devtui.ports import process_info, sockets_linux, sockets_lsof
from devtui.server.app import wsgi_rules
from devtui.server.app.spec import AppNotFound, parse
from devtui.server.debugger.debugger import TrustedHosts
from devtui.server.exchange.middleware import wants_html
from devtui.server.keepalive.chunked import dechunked
from devtui.server.live.document_start import DocumentStart
from devtui.server.live.meta_policy import MetaPolicy
from devtui.server.serving import handler
from devtui.session.store.error_groups import key_of
from devtui.text import paths
from devtui.text.line_buffer import LineBuffer
from devtui.text.sanitize import pasteable, visible
from devtui.text.secrets import is_secret
from tests.support.live import Live
from tests.support.projects import app_environment, write

LARGEST = 64 * 1024  # the longest line of a head, of a path of /proc, of a line of output
SECONDS = 1.0  # python-dotenv may take almost as long by its limits in env_files

# No text becomes simpler by shrinking it for minutes.
FUZZ = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

# Parts of the grammars of these texts, and texts that regular expressions stumble over.
_PIECES = st.one_of(
    st.text(
        " \t\r\n\0\x0b\x1b\x85\xa0:;,=.%/\\\"'()[]{}<>-_+*#$&|!?~^0123456789aAxXqQfF\u202e",
        min_size=1, max_size=4,
    ),
    st.sampled_from(
        ["text/html;q=1,", "a=b; ", "0x", "1;x=y\r\n", "\x1b[31m", "/site-packages", "/python3.",
         "[::1]:", "xn--a.", "a.", "Aa", "password", "while do done ", "p1\nn*:1\n",
         "\\\"", '{"a":'],
    ),
)  # fmt: skip
blown_up = st.builds(
    lambda before, piece, after: before + piece * (LARGEST // len(piece)) + after,
    st.text("a:;=[ \t'\"/", max_size=3),
    _PIECES,
    st.text("\r\n\0x:'\"]/ ", max_size=3),
)


def of_error(text: str) -> object:
    return key_of(Error(exceptions=(ExceptionData(type="E", message=text),), text=text))


def in_pieces(text: str) -> str:
    """Feed a line in small pieces."""
    line, data = LineBuffer(), text.encode("utf-8", "backslashreplace")
    for start in range(0, len(data), 16):
        line.add(data[start : start + 16])
    return line.take()


def read_chunks(text: str) -> bytes:
    data = text.encode("utf-8")
    return dechunked(io.BufferedReader(io.BytesIO(data))).read()


def read_env_file(text: str) -> object:
    """Read a file that the session finds by searching."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".env").write_text(text, encoding="utf-8", errors="replace", newline="")
        return env_files.read(None, folder, {})


READERS: dict[str, Callable[[str], object]] = {
    "chunks": read_chunks,
    "one chunk": lambda text: read_chunks(f"{text}\r\n"),
    "trailers": lambda text: read_chunks(f"0\r\n{text}"),
    "accept": wants_html,
    "head of a page": lambda text: MetaPolicy("http://a").take(f"<head>{text}</head>".encode()),
    "policy in a page": lambda text: MetaPolicy("http://a").take(
        f"<meta content-security-policy {text}".encode()
    ),
    "beginning of a page": lambda text: DocumentStart(b"").take(text.encode()),
    "host": TrustedHosts(("app.test", ".dev.example", "::2")).trusts,
    "host in brackets": lambda text: TrustedHosts(()).trusts(f"[{text}]:5000"),
    "response head": lambda text: wsgi_rules.check_start("200 OK", [("X", text), (text, "")]),
    "line": in_pieces,
    "sanitised": lambda text: visible(text, LARGEST),
    "copied": pasteable,
    "copied sequences": lambda text: pasteable("\x1b[" + text),
    "secret": is_secret,
    "shape of an error": of_error,
    "short path": lambda text: paths.short_path("/" + text),
    "package": lambda text: paths.package("/" + text),
    "lsof": lambda text: list(sockets_lsof.parse(f"p1\ntIPv4\nn{text}:1\n", 1)),
    "cgroup": lambda text: process_info.parse_cgroup(f"0::/{text}"),
    "sockets": lambda text: list(sockets_linux.parse_table(f"header\n0: {text}:1 x 0A\n", 1)),
    "app": parse,
    "env file": read_env_file,
    "value in an env file": lambda text: read_env_file(f"A=b{text}\nC=d"),
    "event": lambda text: decode_event(text.encode()),
    "order": lambda text: decode_order(text.encode()),
    "event of text": lambda text: decode_event(
        json.dumps({"type": "log_written", "stream": "log", "text": text}).encode()
    ),
}
REFUSALS = (
    ValueError,
    env_files.EnvFileError,
    IndexError,
    AppNotFound,
    BadRequest,
    OSError,
    msgspec.DecodeError,
)


@pytest.mark.parametrize("reader", READERS)
@FUZZ
@given(text=blown_up)
@example(text=" " * LARGEST + "\r")
@example(text="a=" + " " * LARGEST + "x")
@example(text="1" + " \t" * 1000 + "x")
@example(text="text/html" + ";q" * (LARGEST // 2))
@example(text='"\\' * (LARGEST // 2))
@example(text="'" * LARGEST + '"')
@example(text="${" * (LARGEST // 2))
def test_time_is_in_proportion_to_the_length(reader: str, text: str) -> None:
    began = time.thread_time()
    with suppress(*REFUSALS):  # refusing is right, and has its own tests
        READERS[reader](text)
    took = time.thread_time() - began
    assert took < SECONDS, f"{took:.1f} s for {text[:30]!r}…{text[-10:]!r}"


def test_the_limit_finds_quadratic_time() -> None:
    """Try the regular expression that once read the fields of a head."""
    field = re.compile(r"^([!-9;-~]+):[ \t]*([^\r\n]*)\r?\n", re.MULTILINE)
    began = time.thread_time()
    field.findall("A:" + " " * 12_000 + "\r")
    assert time.thread_time() - began > SECONDS / 4


# -- heads, through the real server --------------------------------------------------------------

ECHO = """\
import json

def app(environ, start_response):
    seen = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    body = json.dumps(seen).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder: Path = tmp_path_factory.mktemp("echo")
    write(folder, {"app.py": ECHO})
    settings = Settings(
        app="app", folder=folder, port=0, reload=False, environment=app_environment()
    )
    with Live(settings) as live:
        live.serving()
        yield live


def busy_seconds(live: Live, data: bytes) -> tuple[float, bytes]:
    """Return the server's processor time for a request, and the response."""
    process = psutil.Process(live.session.generations.pid)
    before = process.cpu_times()
    answer = b""
    with suppress(ConnectionError):  # the server finishes before it has read everything
        answer = live.send_raw(data)
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system, answer


HEADS = [
    b"A:" + b" " * 60_000 + b"\r",
    b"A:" + b" " * 60_000 + b"\rB: c",
    b"A" * 60_000 + b"\r",
    b"A" + b" " * 60_000 + b": b",
    b"A: " + b"\t " * 30_000 + b"\0",
    b"A: b\r\n" + b" " * 60_000 + b"\r",
    b"\r\n".join(b"A:" + b" " * 60_000 + b"\r" for _ in range(50)),
    b"Accept: text/html;" + b" " * 60_000 + b"q",
    b"Accept: " + b'"\\' * 30_000,
    b"Accept: " + b"a;" * 30_000,
    b"Accept: " + b",;" * 30_000,
    b"Cookie: a=" + b" " * 60_000 + b"x",
    b"Cookie: " + b"a=b;" * 15_000,
    b"Cookie: " + b'a="' + b"\\a" * 30_000,
]


@pytest.mark.e2e
@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
@pytest.mark.parametrize("target", [b"/", b"/console", b"/?__debugger__=yes&cmd=pinauth"])
def test_a_head_does_not_freeze_the_server(echo: Live, target: bytes, head: bytes) -> None:
    start = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    took, _ = busy_seconds(echo, start + head + b"\r\n\r\n")
    assert took < 2 * SECONDS
    assert echo.get("/").status == 200


@pytest.mark.e2e
@pytest.mark.parametrize(
    "target",
    [b"/" + b"%" * 60_000, b"/?" + b"a=b&" * 15_000, b"/" * 60_000, b"//[" + b":" * 60_000,
     b"/" + b"%e" * 30_000 + b"\xff", b"http://" + b"a." * 30_000, b"/?" + b"&;=" * 20_000],
    ids=range(7),
)  # fmt: skip
def test_a_target_does_not_freeze_the_server(echo: Live, target: bytes) -> None:
    fields = b"Host: localhost\r\nConnection: close\r\n\r\n"
    took, _ = busy_seconds(echo, b"GET " + target + b" HTTP/1.1\r\n" + fields)
    assert took < 2 * SECONDS
    assert echo.get("/").status == 200


def seen_by_the_standard_library(head: bytes) -> dict[str, str] | None:
    """Return the fields as Python's own server reads them.

    Return None if it refuses the request, drops a line, or makes two fields of one.
    """
    if re.search(rb"\r(?!\n)", head):
        return None
    try:
        message = http.client.parse_headers(io.BytesIO(head))
    except http.client.HTTPException:
        return None
    if message.defects or message.get_unixfrom() or str(message.get_payload()).strip():
        return None
    seen: dict[str, str] = {}
    for name, value in message.items():
        key, value = f"HTTP_{name.upper().replace('-', '_')}", value.replace("\r\n", "")
        seen[key] = f"{seen[key]},{value}" if key in seen else value
    return seen


_NAMES = st.text("abcXYZ-09!~\x7f .", min_size=0, max_size=8)
_VALUES = st.text("abc :,;=\t\"'\x0b\x0c\x1c\x1f\x7f\x80\x85\xa0\xff\r", max_size=20)
_LINES = st.one_of(
    st.tuples(_NAMES, st.sampled_from([":", ": ", ":\t ", " :", ""]), _VALUES).map("".join),
    st.sampled_from(["From me", "From : me", " folded", "\tfolded", ":", "--"]),
)


@pytest.mark.e2e
@FUZZ
@given(lines=st.lists(_LINES, max_size=6), end=st.sampled_from(["\r\n", "\n"]))
@example(lines=["A: x", " folded", "B: b"], end="\r\n")
@example(lines=["A: x\rInjected: y"], end="\r\n")
@example(lines=["no field", "B: x"], end="\r\n")
@example(lines=[":", "From : me"], end="\n")
@example(lines=["From me"], end="\r\n")
@example(lines=["A: b"] * 97, end="\r\n")
@example(lines=["A: b"] * 101, end="\r\n")
@example(lines=["A: " + "b" * 70_000], end="\r\n")
def test_the_app_sees_what_the_standard_library_reads(
    echo: Live, lines: list[str], end: str
) -> None:
    fields = ["Host: localhost", "Connection: close", *lines, ""]
    head = "".join(line + end for line in fields).encode("latin-1")
    expected = seen_by_the_standard_library(head)
    answer = b""
    with suppress(ConnectionError):
        answer = echo.send_raw(b"GET / HTTP/1.1\r\n" + head)
    top, _, body = answer.partition(b"\r\n\r\n")
    if expected is None:
        assert not top or b" 431 " in top or b" 400 " in top
        return
    assert b" 200 " in top.partition(b"\r\n")[0]
    assert json.loads(body) == expected


def test_the_standard_library_is_left_as_it_is() -> None:
    """Other servers in the app use it too."""
    assert handler.CapturingHandler.MessageClass is http.client.HTTPMessage
    assert http.server.http.client.parse_headers is http.client.parse_headers  # type: ignore[attr-defined]
