"""HTTP requests of each library; each counts once, by the library that the app has called."""

from __future__ import annotations

from tests.server.tracing.conftest import Record
from tests.support.processes import free_port

APP = """
import asyncio, http.client, socket, traceback, urllib.request
import httpx, requests, urllib3

def raised(action):
    try:
        action()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        return [type(error).__name__, [frame.name for frame in frames],
                any("devtui" in frame.filename for frame in frames)]

async def ask():
    async with httpx.AsyncClient() as client:
        return (await client.get(url + "/async")).text

def main():
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/post?api_key=geheim", b"body", {"X-One": "1"})
    response = connection.getresponse()
    answers = [response.status, response.read().decode(), sorted(vars(connection))]
    connection.request("GET", "/again")
    answers.append(connection.getresponse().read().decode())
    connection.close()
    answers.append(urllib.request.urlopen(url + "/urllib").read().decode())
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)
    answers.append(pool.request("GET", "/pool").data.decode())
    answers.append(urllib3.PoolManager().request("GET", url + "/redirect").data.decode())
    answers.append([one.status_code for one in requests.get(url + "/redirect").history])
    answers.append(requests.get(f"http://me:geheim@127.0.0.1:{port}/missing").status_code)
    answers.append(httpx.get(url + "/httpx").text)
    answers.append(asyncio.run(ask()))
    answers.append(asyncio.iscoroutinefunction(httpx.AsyncClient.send))
    nowhere = f"http://127.0.0.1:{closed}/"
    answers.append(raised(lambda: urllib.request.urlopen(nowhere)))
    answers.append(raised(lambda: requests.get(nowhere)))
    answers.append(raised(lambda: httpx.get(nowhere)))
    return answers
"""


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
