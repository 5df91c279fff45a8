"""What Python says of the functions and classes that are hooked."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.server.tracing.conftest import Record

TOLD = """
import copy, importlib, inspect, pickle, pydoc, sys

def told(module, path):
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    try:
        pickled = pickle.loads(pickle.dumps(found)) is found
        copied = copy.copy(found) is copy.deepcopy(found) is found
    except Exception as error:
        pickled = copied = str(error)
    try:
        signature = str(inspect.signature(found))
    except ValueError:
        signature = "none"
    facts = {"pickled": pickled, "copied": copied, "doc": found.__doc__, "name": found.__name__,
             "path": getattr(found, "__qualname__", "")}
    if "object at" not in signature:
        facts["signature"] = signature
    if inspect.isroutine(found) and "object at" not in signature:
        facts["help"] = pydoc.plain(pydoc.render_doc(found)).split("\\n", 3)[2]
    return facts

def told_of_python(module, path):
    found, facts = importlib.import_module(module), told(module, path)
    for name in path.split("."):
        found = getattr(found, name)
    return facts | {"module": found.__module__, "coroutine": inspect.iscoroutinefunction(found),
                    "source": inspect.getsource(found)[:200]}

def told_of_c(module, path):
    # What a method written in C says of itself.
    facts = told(module, path)
    if sys.version_info >= (3, 13):
        facts.pop("help", None)  # it words a method that is written in C otherwise
    owner, _, name = path.partition(".")
    owner = getattr(importlib.import_module(module), owner)
    if name:
        method = getattr(owner, name)
        facts["class"] = method.__objclass__ is owner
        facts["text"] = method.__text_signature__
    elif not inspect.isclass(owner):
        facts["module"] = owner.__self__.__name__
        facts["text"] = owner.__text_signature__
        facts.pop("help", None)
    return facts

def main():
    found = {}
    for module, paths in written_in_python.items():
        for path in paths:
            found[f"{module}.{path}"] = told_of_python(module, path)
    for module, paths in written_in_c.items():
        for path in paths:
            found[f"{module}.{path}"] = told_of_c(module, path)
    return found
"""

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
