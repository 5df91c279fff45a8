"""The MCP server as a subprocess: by its lines, and by the official SDK's clients of two years."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtui.control.client.link import Link
from devtui.control.client.mcp.bridge import Bridge
from devtui.control.client.mcp.setting_up import SKILL
from devtui.control.client.mcp.tools import TOOLS
from devtui.control.verbs.every import VERBS
from tests.control.conftest import Controlled, Ctl
from tests.support.projects import app_source, says

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("alone")]

SOURCE = app_source("agents.py")
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "tester", "version": "1"},
}


class Server:
    """The MCP server, and a client that writes its lines itself."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "devtui", "ctl", "mcp"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._number = 0

    def send(self, message: Any) -> None:
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        self.send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        answer = self.read()
        assert answer["id"] == self._number
        return answer

    def tool(self, name: str, **arguments: Any) -> tuple[bool, str]:
        result = self.ask("tools/call", name=name, arguments=arguments)["result"]
        return result["isError"], result["content"][0]["text"]

    def close(self) -> tuple[bytes, bytes]:
        return self.process.communicate(timeout=30)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
        rest, complaints = server.close()
        assert (rest, complaints, server.process.returncode) == (b"", b"", 0)
    finally:
        server.process.kill()
        server.process.wait(30)


def test_the_protocol_with_a_handshake(server: Server) -> None:
    for asked, given in (
        ("2025-06-18", "2025-06-18"),
        ("2024-11-05", "2024-11-05"),
        ("2099-01-01", "2025-11-25"),
    ):
        result = server.ask("initialize", protocolVersion=asked, capabilities={})["result"]
        assert result["protocolVersion"] == given
        assert result["serverInfo"]["name"] == "devtui"
        assert "resultType" not in result
    server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert server.ask("ping")["result"] == {}
    tools = server.ask("tools/list")["result"]["tools"]
    assert [one["name"] for one in tools] == list(TOOLS)
    assert server.ask("resources/list")["error"]["code"] == -32601


def test_the_protocol_without_a_handshake(server: Server) -> None:
    found = server.ask("server/discover", _meta=META)["result"]
    assert found["supportedVersions"] == ["2026-07-28"]
    assert found["resultType"] == "complete"
    tools = server.ask("tools/list", _meta=META)["result"]
    assert (tools["resultType"], tools["cacheScope"]) == ("complete", "private")
    newer = {**META, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    error = server.ask("tools/list", _meta=newer)["error"]
    assert (error["code"], error["data"]["supported"]) == (-32022, ["2026-07-28"])


def test_bad_lines_get_errors(server: Server) -> None:
    for line, code in (
        (b"garbage", -32700),
        (b"[" * 5_000, -32700),
        (b"3", -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "fly"}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": [1]}', -32600),
    ):
        server.send(line)
        assert server.read()["error"]["code"] == code


def test_before_a_devtui_runs_and_across_restarts(
    server: Server, controlled: Controlled, folder: Path
) -> None:
    failed, text = server.tool("status")
    assert failed
    assert "Start one: devtui APP" in text
    assert "devtui APP --plain" in text
    first = controlled(says("one"))
    first.serving()
    assert not server.tool("status")[0]
    assert '"text":"one"' in server.tool("send", method="GET", target="/")[1]
    first.close()
    assert server.tool("status")[0]
    controlled(says("two")).serving()
    assert '"text":"two"' in server.tool("send", method="GET", target="/")[1]
    failed, text = server.tool("wait", since="x")
    assert failed
    assert "since" in text


def test_a_folder_that_is_gone_gets_a_sentence(server: Server, folder: Path) -> None:
    server.ask("ping")  # it has started in the folder
    folder.rmdir()
    failed, text = server.tool("status")
    assert failed
    assert text.startswith("The current folder cannot be read")
    assert server.ask("ping")["result"] == {}


@pytest.mark.parametrize("timeout", [b"1e999", b"1e18"])
def test_an_unexpected_error_is_an_answer(
    server: Server, controlled: Controlled, timeout: bytes
) -> None:
    """A socket takes neither of these times, and nothing looks at them before."""
    controlled(says("one")).serving()
    server.send(
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": '
        b'{"name": "wait", "arguments": {"timeout": ' + timeout + b"}}}"
    )
    answer = server.read()
    assert answer["id"] == 1
    assert answer["result"]["isError"]
    text = answer["result"]["content"][0]["text"]
    assert text.startswith("devtui ctl mcp could not answer this call (OverflowError: ")
    assert not server.tool("status")[0]


class Unlike(Link):
    """A connection to a devtui that answers in another way than this one does."""

    def __init__(self, answer: object) -> None:
        self._unlike = answer

    def ask(self, verb: str, arguments: dict[str, Any], seconds: float = 0.0) -> Any:
        return self._unlike

    def close(self) -> None:
        pass


@pytest.mark.parametrize("method", ["tools/call", "ping"])
def test_every_request_is_answered(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("can't start new thread")

    out = io.BytesIO()
    bridge = Bridge(out, lambda client: Unlike([1]))
    params = {"name": "send", "arguments": {"method": "GET", "target": "/"}}
    line = json.dumps({"jsonrpc": "2.0", "id": 3, "method": method, "params": params}).encode()
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", fail)
        bridge.run(io.BytesIO(line))
    bridge.run(io.BytesIO(line))
    answers = [json.loads(one) for one in out.getvalue().splitlines()]
    assert [one["id"] for one in answers] == [3, 3]
    if method == "tools/call":
        refused, failed = answers
        assert refused["error"]["code"] == -32603
        assert "can't start new thread" in refused["error"]["message"]
        assert failed["result"]["isError"]
        assert "(TypeError: " in failed["result"]["content"][0]["text"]


def test_results_are_small(server: Server, controlled: Controlled) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = controlled(SOURCE)
    live.serving()
    _, text = server.tool("send", method="GET", target="/bad")
    assert len(text) < 3_000
    found = json.loads(text)
    (frame,) = found["errors"][0]["frames"]
    assert frame["locals"]["numbers"] == "[1, 2, 3]"
    long = json.loads(server.tool("send", method="GET", target="/long")[1])["response"]
    assert Path(long["path"]).stat().st_size == long["size_bytes"]
    os.unlink(long["path"])
    again = json.loads(server.tool("replay", id="last")[1])
    assert again["differences"]["verdict"] == "same"
    os.unlink(again["response"]["path"])
    server.ask("initialize", protocolVersion="2025-06-18", clientInfo={"name": "helper"})
    server.tool("restart")
    assert any("helper: restart the server" in line.text for line in live.lines())


def test_the_tools_are_verbs() -> None:
    assert set(TOOLS) <= set(VERBS)
    for name, tool in TOOLS.items():
        known = set(VERBS[name].arguments.__struct_fields__)
        assert set(tool.properties) - {"body"} <= known, name
        assert len(tool.description) < 250


def test_what_agents_are_taught(ctl: Ctl) -> None:
    assert len(SKILL.splitlines()) <= 60
    done = ctl.run("mcp", "--print-config")
    assert done.returncode == 0
    assert '"mcpServers"' in done.stdout
    assert ctl.run("skill").stdout == SKILL


# -- the official SDK ----------------------------------------------------------------------------

# One of 2025, and the current one.
VERSIONS = ["1.23.3", "2.3.0"]

SESSION = app_source("control/mcp_session.py")

OLD = app_source("control/mcp_sdk_1.py")

NEW = app_source("control/mcp_sdk_2.py")


@pytest.fixture(scope="module", params=VERSIONS)
def sdk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a Python that has this version of the SDK; DEVTUI_TEST_SDKS may name them."""
    for named in os.environ.get("DEVTUI_TEST_SDKS", "").split(os.pathsep):
        version, _, python = named.partition("=")
        if version == request.param:
            return python
    folder = tmp_path_factory.mktemp("sdk") / "venv"
    # A pip of its own, and bytecode of what is never imported, are three quarters of the work.
    make = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(make, check=True, timeout=100)
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python]
    install = [*pip, "install", "-q", "--no-compile", f"mcp=={request.param}"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=110)
    if done.returncode:
        pytest.skip(f"the SDK {request.param} cannot be installed: {done.stderr[-200:]}")
    return python


@pytest.mark.install
@pytest.mark.timeout(300)
def test_the_official_client(
    sdk: str, controlled: Controlled, folder: Path, runtime: Path, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("flask", reason="Flask is not installed")
    controlled(SOURCE).serving()
    old = request.node.callspec.params["sdk"] == VERSIONS[0]
    code = SESSION + (OLD if old else NEW)
    command = [sdk, "-c", code, sys.executable, str(folder), str(runtime)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3_000:]
    first, last = done.stdout.splitlines()
    assert first == f"{'2025-11-25' if old else '2026-07-28'} {len(TOOLS)}"
    assert last == "done"
