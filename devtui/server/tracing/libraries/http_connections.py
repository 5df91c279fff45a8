"""Record the requests of http.client, on which urllib.request and most other libraries are built.

A request begins with its first line and ends with the head of the response. Nothing below it is
recorded, so it covers nothing.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any
from weakref import ref

from devtui.server.guest.unnoticed import leave_no_trace, unnoticed
from devtui.server.tracing.libraries.http_clients import text_of
from devtui.server.tracing.recorder import Args, Kwargs, Open, begin
from devtui.server.tracing.wrapping import like

# The open request of each connection by its `id`, until the connection is gone.
_open: dict[int, tuple[Open, ref[Any]]] = {}


def hook(module: ModuleType) -> None:
    """Wrap the steps of a request."""
    connection: Any = module.HTTPConnection
    for name, step in (("putrequest", _begins), ("endheaders", _goes_on), ("getresponse", _ends)):
        original = getattr(connection, name)
        setattr(connection, name, like(original, step(original)))


def _begins(original: Any) -> Any:
    @unnoticed
    def putrequest(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            call = begin("http", "http.client", _describe, (self, *args), kwargs)
            if call is None:
                return original(self, *args, **kwargs)
            try:
                original(self, *args, **kwargs)
            except BaseException as error:
                call.fail(error)
                raise
            me = id(self)
            _open[me] = call, ref(self, lambda gone: _forget(me, gone))
        except BaseException as error:
            leave_no_trace(error)
            raise

    return putrequest


def _goes_on(original: Any) -> Any:
    @unnoticed
    def endheaders(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            if (pending := _open.pop(id(self), None)) is not None:
                pending[0].fail(error)
            leave_no_trace(error)
            raise

    return endheaders


def _ends(original: Any) -> Any:
    @unnoticed
    def getresponse(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            response = original(self, *args, **kwargs)
        except BaseException as error:
            if (pending := _open.pop(id(self), None)) is not None:
                pending[0].fail(error)
            leave_no_trace(error)
            raise
        if (pending := _open.pop(id(self), None)) is not None:
            pending[0].end(result=str(response.status))
        return response

    return getresponse


def _forget(number: int, gone: ref[Any]) -> None:
    pending = _open.get(number)
    if pending is not None and pending[1] is gone:
        del _open[number]


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    connection = args[0]
    method = args[1] if len(args) > 1 else kwargs["method"]
    url = args[2] if len(args) > 2 else kwargs["url"]
    if not str(url).startswith("/"):
        return text_of(method, url), None  # to a proxy
    scheme = "https" if hasattr(connection, "_context") else "http"
    host = getattr(connection, "_tunnel_host", None) or connection.host
    port = getattr(connection, "_tunnel_port", None) or connection.port
    shown = "" if port in (None, connection.default_port) else f":{port}"
    host = f"[{host}]" if ":" in host else host
    return text_of(method, f"{scheme}://{host}{shown}{url}"), None
