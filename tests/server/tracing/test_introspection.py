"""What Python says of the functions and classes that are hooked."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.server.tracing.conftest import Record
from tests.support.projects import app_source

TOLD = app_source("calls/introspection.py")

PYTHON = {
    "aiosqlite": ["Connection._execute"],
    "django.core.cache": ["CacheHandler.create_connection"],
    "django.db.backends.utils": ["CursorWrapper.execute", "CursorWrapper.executemany"],
    "django.template.base": ["Template.render"],
    "flask_caching": ["Cache._set_cache"],
    "http.client": ["HTTPConnection.putrequest", "HTTPConnection.getresponse"],
    "httpx": ["Client.send", "AsyncClient.send"],
    "jinja2": ["Template.render", "Template.generate", "Template.generate_async"],
    "psycopg": ["Cursor.execute", "AsyncCursor.execute", "Cursor.executemany"],
    "pymysql.cursors": ["Cursor.execute", "Cursor.callproc"],
    "redis": ["Redis.execute_command"],
    "requests": ["Session.send"],
    "sqlalchemy.engine.default": ["DefaultDialect.do_execute", "DefaultDialect"],
    "threading": ["Thread.start"],
    "urllib3": ["HTTPConnectionPool.urlopen", "PoolManager.urlopen"],
}
C = {
    "psycopg2.extensions": ["connection.cursor", "cursor.execute", "cursor.callproc", "cursor"],
    "sqlite3": ["Connection.cursor", "Cursor.executemany", "Cursor.execute", "connect", "Cursor"],
}


@pytest.mark.parametrize(("python", "c"), [(PYTHON, {}), ({}, C)], ids=["python", "c"])
def test_what_is_hooked_says_the_same_of_itself(
    record: Record, python: dict[str, list[str]], c: dict[str, list[str]]
) -> None:
    python, c = (
        {name: paths for name, paths in each.items() if find_spec(name.partition(".")[0])}
        for each in (python, c)
    )
    recorded = record(TOLD, written_in_python=python, written_in_c=c)
    assert all(facts["pickled"] is True for facts in recorded.result.values())
    assert len(recorded.result) == sum(map(len, [*python.values(), *c.values()]))
