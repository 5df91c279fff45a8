"""What the tests of recorded calls may use."""

from __future__ import annotations

import re
import textwrap
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.databases import (
    MariaDB,
    Postgres,
    Redis,
    mariadb_server,
    postgres_server,
    redis_server,
)
from tests.support.projects import app_source

InFork = Callable[..., Any]

PROBE = app_source("calls/recorded.py")


class Recorded(NamedTuple):
    """What `main` of an app returned, and the calls that were recorded meanwhile."""

    result: Any
    calls: list[dict[str, Any]]
    totals: dict[str, int]

    @property
    def texts(self) -> list[str]:
        return [call["text"] for call in self.calls]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        redirects = self.path.startswith("/redirect")
        self.send_response(302 if redirects else 404 if self.path == "/missing" else 200)
        if redirects:
            self.send_header("Location", "/end")
        body = self.path.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="session")
def web() -> Iterator[str]:
    """The address of a web server that answers with the path it is asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with mariadb_server(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


def needs(*libraries: str) -> None:
    """Skip the test if one of the libraries is not installed: not every Python has its wheel."""
    for library in libraries:
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed")


Record = Callable[..., Recorded]


@pytest.fixture
def record(in_fork: InFork, tmp_path: Path) -> Record:
    """Runs an app's `main` as a request, once without the hooks and once with them.

    Further arguments are names that the app finds set. Both return the same, or the test fails.
    `prepare` runs before the request, if there is one.
    """

    def run(source: str, **names: Any) -> Recorded:
        (tmp_path / "app.py").write_text(textwrap.dedent(source))
        names["folder"] = str(tmp_path)
        plain, traced = (
            in_fork(PROBE, folder=names["folder"], traces=on, given=names) for on in (False, True)
        )
        result = traced["result"]
        assert plain["result"] == result, "the app is not the same with the hooks"
        assert traced["told"] == []
        return Recorded(result, traced["calls"], traced["totals"])

    return run


# What some libraries send when they connect.
_CONNECTS = re.compile("select pg_catalog|set (autocommit|names)", re.IGNORECASE)


def seen_by(
    server: Postgres | MariaDB, record: Record, source: str, **names: object
) -> tuple[Recorded, list[str]]:
    """Record, and give what the server was asked: the same with the hooks and without."""
    server.statements()
    recorded = record(source, port=server.port, **names)
    statements = [one for one in server.statements() if not _CONNECTS.match(one)]
    half = len(statements) // 2
    assert statements[:half] == statements[half:]
    return recorded, statements[half:]
