"""The MCP server: JSON-RPC lines on stdin and stdout, and nothing else there.

It speaks both generations of the protocol: that which begins with `initialize` (2024 and 2025),
and that of 2026, in which every request states its version and there is no handshake.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from devtui.control.client.link import NOT_RUNNING, CtlError, Link
from devtui.control.client.long_texts import with_files
from devtui.control.client.mcp.brevity import shorten
from devtui.control.client.mcp.tools import TOOLS, listed
from devtui.text.sanitize import visible
from devtui.version import __version__

WITH_HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
WITHOUT = ("2026-07-28",)

MAX_CALLS = 8
"""How many calls run at a time; the next ones wait."""

_PREFIX = "io.modelcontextprotocol/"
_PARSE_ERROR, _INVALID, _NO_METHOD, _BAD_PARAMS = -32700, -32600, -32601, -32602
_INTERNAL = -32603
_BAD_VERSION = -32022
_MAX_CLIENT = 40
_MAX_ERROR = 500
_FRESH_MS = 3_600_000

_INSTRUCTIONS = (
    "devtui serves the web application of this folder while it is developed, and reloads it when a "
    "file is saved. After an edit call wait, then send a request. Do not start a second server."
)


class RpcError(Exception):
    """A request that gets an error of the protocol."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class Bridge:
    """Answers the lines of one client. `connect` connects to the devtui, by the client's name."""

    def __init__(self, out: BinaryIO, connect: Callable[[str], Link]) -> None:
        self._out = out
        self._connect = connect
        self._client = "agent"
        self._writing = threading.Lock()
        self._room = threading.BoundedSemaphore(MAX_CALLS)
        self._calls: list[threading.Thread] = []

    def run(self, lines: BinaryIO) -> None:
        """Answer until the client closes stdin; calls that run are finished."""
        for line in lines:
            if line.strip():
                self._take(line)
        for call in self._calls:
            call.join()

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            self._write(_fault(None, RpcError(_PARSE_ERROR, f"This is not JSON: {error}")))
            return
        if isinstance(message, list):  # a batch, which one version allowed
            for one in message:
                self._begin(one)
        else:
            self._begin(message)

    def _begin(self, message: Any) -> None:
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self._write(_fault(None, RpcError(_INVALID, "This is not a JSON-RPC 2.0 request.")))
            return
        if "method" not in message or "id" not in message:
            return  # a notification, or an answer to what was never asked
        if message["method"] != "tools/call":
            self._answer(message)
            return
        self._room.acquire()
        call = threading.Thread(target=self._call, args=(message,), daemon=True)
        try:
            call.start()
        except RuntimeError as error:  # the system gives no more threads
            self._room.release()
            self._write(_fault(message["id"], _unexpected(error)))
            return
        self._calls = [one for one in self._calls if one.is_alive()] + [call]

    def _call(self, message: dict[str, Any]) -> None:
        try:
            self._answer(message)
        except BrokenPipeError:
            pass  # the client is gone, and nobody is left to answer
        finally:
            self._room.release()

    def _answer(self, message: dict[str, Any]) -> None:
        self._write(self._answered(message))

    def _answered(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return an answer, whatever happens: the client waits for it without an end."""
        try:
            params = message.get("params") or {}
            if not isinstance(params, dict):
                raise RpcError(_INVALID, "The params are not an object.")
            meta = params.get("_meta")
            modern = _is_modern(message["method"], meta if isinstance(meta, dict) else {})
            self._note_client(params, meta if isinstance(meta, dict) else {})
            result = self._result(message["method"], params)
            if modern:
                result = {"resultType": "complete", **result}
            return {"jsonrpc": "2.0", "id": message["id"], "result": result}
        except RpcError as error:
            return _fault(message["id"], error)
        except Exception as error:
            return _fault(message["id"], _unexpected(error))

    def _note_client(self, params: dict[str, Any], meta: dict[str, Any]) -> None:
        info = params.get("clientInfo") or meta.get(f"{_PREFIX}clientInfo")
        if isinstance(info, dict) and isinstance(info.get("name"), str):
            self._client = info["name"][:_MAX_CLIENT] or "agent"

    def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        about = {"name": "devtui", "version": __version__}
        capabilities: dict[str, Any] = {"tools": {}}
        fresh = {"ttlMs": _FRESH_MS, "cacheScope": "private"}
        match method:
            case "initialize":
                asked = params.get("protocolVersion")
                return {
                    "protocolVersion": asked if asked in WITH_HANDSHAKE else WITH_HANDSHAKE[-1],
                    "capabilities": capabilities,
                    "serverInfo": about,
                    "instructions": _INSTRUCTIONS,
                }
            case "server/discover":
                return {
                    "supportedVersions": list(WITHOUT),
                    "capabilities": capabilities,
                    "instructions": _INSTRUCTIONS,
                    "_meta": {f"{_PREFIX}serverInfo": about},
                    **fresh,
                }
            case "ping":
                return {}
            case "tools/list":
                return {"tools": listed(), **fresh}
            case "tools/call":
                return self._tool(params)
        raise RpcError(_NO_METHOD, f"There is no method {method}.")

    def _tool(self, params: dict[str, Any]) -> dict[str, Any]:
        name, arguments = params.get("name"), params.get("arguments") or {}
        tool = TOOLS.get(name) if isinstance(name, str) else None
        if tool is None or not isinstance(name, str):
            raise RpcError(_BAD_PARAMS, f"There is no tool {name}.")
        if not isinstance(arguments, dict):
            raise RpcError(_BAD_PARAMS, "The arguments are not an object.")
        try:
            converted, seconds = tool.convert(arguments), tool.seconds(arguments)
        except (TypeError, ValueError, AttributeError) as error:
            return _text(f"The arguments do not fit: {error}", failed=True)
        try:
            result = self._ask(name, converted, seconds)
            sends = name in ("send", "replay")
            return _text(shorten(name, with_files(result) if sends else result))
        except CtlError as error:
            return _text(_explained(error), failed=True)
        except Exception as error:  # as a result, because agents see no errors of the protocol
            return _text(str(_unexpected(error)), failed=True)

    def _ask(self, verb: str, arguments: dict[str, Any], seconds: float) -> Any:
        link = self._connect(self._client)
        try:
            return link.ask(verb, arguments, seconds)
        finally:
            link.close()

    def _write(self, message: object) -> None:
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._writing:
            self._out.write(line)
            self._out.flush()


def _is_modern(method: str, meta: dict[str, Any]) -> bool:
    """Whether the request uses the protocol without a handshake."""
    version = meta.get(f"{_PREFIX}protocolVersion")
    if method == "initialize" or version is None:
        if method == "server/discover":
            raise RpcError(_BAD_PARAMS, f"The _meta has no {_PREFIX}protocolVersion.")
        return False
    if version not in WITHOUT:
        data = {"supported": list(WITHOUT), "requested": version}
        raise RpcError(_BAD_VERSION, "Unsupported protocol version", data)
    return True


def _explained(error: CtlError) -> str:
    if error.status == NOT_RUNNING:
        return (
            f"{error}\nTo start one without a screen, in the background: devtui APP --plain, where "
            "APP is what flask --app takes (hello, package.module:name, path/to/file.py)."
        )
    return str(error)


def _unexpected(error: Exception) -> RpcError:
    what = visible(f"{type(error).__name__}: {error}", _MAX_ERROR)
    return RpcError(_INTERNAL, f"devtui ctl mcp could not answer this call ({what}).")


def _text(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": failed}


def _fault(request_id: object, error: RpcError) -> dict[str, Any]:
    fault: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.data is not None:
        fault["data"] = error.data
    return {"jsonrpc": "2.0", "id": request_id, "error": fault}


def serve(connect: Callable[[str], Link]) -> None:
    """Serve on stdin and stdout. What anything else prints goes to stderr."""
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        Bridge(out, connect).run(sys.stdin.buffer)
    except (BrokenPipeError, KeyboardInterrupt):
        return  # the client is gone
