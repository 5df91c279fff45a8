"""HTTP requests of each library; each counts once, by the library that the app has called."""

from __future__ import annotations

from tests.server.tracing.conftest import Record
from tests.support.processes import free_port
from tests.support.projects import app_source

APP = app_source("calls/http_clients.py")


def test_each_request_counts_once(record: Record, web: str) -> None:
    url, port, closed = web, int(web.rpartition(":")[2]), free_port()
    recorded = record(APP, url=url, port=port, closed=closed)
    nowhere = f"http://127.0.0.1:{closed}/"
    assert [(call["library"], call["text"], call["result"]) for call in recorded.calls] == [
        ("http.client", f"POST {url}/post?api_key=••••••••", "200"),
        ("http.client", f"GET {url}/again", "200"),
        ("http.client", f"GET {url}/urllib", "200"),
        ("urllib3", f"GET {url}/pool", "200"),
        ("urllib3", f"GET {url}/redirect", "200"),
        ("requests", f"GET {url}/redirect", "200"),
        ("requests", f"GET http://me:••••••••@127.0.0.1:{port}/missing", "404"),
        ("httpx", f"GET {url}/httpx", "200"),
        ("httpx", f"GET {url}/async", "200"),
        ("http.client", f"GET {nowhere}", ""),
        ("requests", f"GET {nowhere}", ""),
        ("httpx", f"GET {nowhere}", ""),
    ]
    errors = [call["error"].partition(":")[0] for call in recorded.calls[-3:]]
    assert errors == ["ConnectionRefusedError", "ConnectionError", "ConnectError"]
    assert {call["kind"] for call in recorded.calls} == {"http"}
