"""Record the requests of requests, urllib3 and httpx.

A request counts once, with its redirects and retries, by the library that the app has called.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import wrap

MAX_URL = 4_000


def hook_requests(module: ModuleType) -> None:
    """Wrap the method that sends a prepared request."""
    sessions: Any = module
    wrap(sessions.Session, "send", "http", "requests", _prepared, _status_code)


def hook_httpx(module: ModuleType) -> None:
    """Wrap the methods that send a request."""
    httpx: Any = module
    for client in (httpx.Client, httpx.AsyncClient):
        wrap(client, "send", "http", "httpx", _prepared, _status_code)


def hook_pool(module: ModuleType) -> None:
    """Wrap the method that requests a URL of one host."""
    pools: Any = module
    wrap(pools.HTTPConnectionPool, "urlopen", "http", "urllib3", _of_pool, _status)


def hook_pool_manager(module: ModuleType) -> None:
    """Wrap the method that requests any URL, and follows redirects."""
    managers: Any = module
    wrap(managers.PoolManager, "urlopen", "http", "urllib3", _of_manager, _status)


def text_of(method: object, url: object) -> str:
    """Return method and URL, with the secrets masked."""
    from devtui.text import masking  # not every app sends a request

    return f"{plain_text(method)} {masking.target(plain_text(url)[:MAX_URL])}"


def _prepared(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    request = args[1] if len(args) > 1 else kwargs["request"]
    return text_of(request.method, str(request.url)), None


def _of_manager(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    method = args[1] if len(args) > 1 else kwargs["method"]
    return text_of(method, args[2] if len(args) > 2 else kwargs["url"]), None


def _of_pool(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    pool, method = args[0], args[1] if len(args) > 1 else kwargs["method"]
    url = plain_text(args[2] if len(args) > 2 else kwargs["url"])
    if url.startswith("/"):
        port = f":{pool.port}" if pool.port else ""
        url = f"{pool.scheme}://{pool.host}{port}{url}"
    return text_of(method, url), None


def _status(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    return None, str(result.status)


def _status_code(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    return None, str(result.status_code)
