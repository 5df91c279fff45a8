"""Hook libraries when the app imports them.

Everything that is done before the app's first import is the same in a fresh process and in a
standby. What hooks a library is imported together with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from types import ModuleType

from devtui.server.guest.after_import import AfterImport
from devtui.server.guest.own_code import file_of, is_own
from devtui.server.tracing import request_threads

Warn = Callable[[str], None]

_LIBRARIES = f"{__name__.rpartition('.')[0]}.libraries"

# The last module to be executed of those that a hook changes, and the hook.
_HOOKS = {
    "_sqlite3": "sqlite.hook",
    "aiosqlite.core": "aiosqlite_connections.hook",
    "MySQLdb.cursors": "mysql_cursors.hook_mysqlclient",
    "django.core.cache": "caches.hook_django",
    "django.db.backends.sqlite3.base": "django_queries.hook_sqlite",
    "django.db.backends.utils": "django_queries.hook",
    "django.template.base": "django_templates.hook",
    "flask_caching": "caches.hook_flask_caching",
    "http.client": "http_connections.hook",
    "httpx": "http_clients.hook_httpx",
    "jinja2.environment": "jinja_templates.hook",
    "jinja2.nativetypes": "jinja_templates.hook_native",
    "psycopg": "psycopg_cursors.hook",
    "psycopg2._psycopg": "psycopg2_types.hook",
    "pymongo.monitoring": "mongo_commands.hook",
    "pymysql.cursors": "mysql_cursors.hook_pymysql",
    "redis.asyncio.client": "redis_commands.hook",
    "redis.asyncio.cluster": "redis_commands.hook_cluster",
    "redis.client": "redis_commands.hook",
    "redis.cluster": "redis_commands.hook_cluster",
    "requests.sessions": "http_clients.hook_requests",
    "sqlalchemy": "sqlalchemy_dialects.hook",
    "urllib3.connectionpool": "http_clients.hook_pool",
    "urllib3.poolmanager": "http_clients.hook_pool_manager",
}


class _State:
    """Whether the hooks are installed in this process."""

    installed = False


_state = _State()


def install(warn: Warn) -> None:
    """Begin to hook libraries, once; `warn` reports to the user those that cannot be hooked."""
    if _state.installed:
        return
    _state.installed = True
    request_threads.hook_threads()
    AfterImport(
        {
            "concurrent.futures.thread": request_threads.hook_pools,
            **{name: partial(_apply, hook, warn) for name, hook in _HOOKS.items()},
        }
    ).install()


def is_installed() -> bool:
    """Whether libraries are hooked in this process."""
    return _state.installed


def _apply(hook: str, warn: Warn, module: ModuleType) -> None:
    name, _, function = hook.partition(".")
    try:
        getattr(importlib.import_module(f"{_LIBRARIES}.{name}"), function)(module)
    except Exception as error:  # a version of the library that nobody has tried
        if not is_own(file_of(module)):  # else it is a module of the user's with that name
            warn(
                f"devtui cannot record the calls of {module.__name__}: "
                f"{type(error).__name__}: {error}"
            )
