"""Templates and caches, and what they ask for themselves."""

from __future__ import annotations

from pathlib import Path

from tests.server.tracing.conftest import Record
from tests.support.projects import app_source

JINJA = app_source("calls/jinja.py")

JINJA_ASYNC = app_source("calls/jinja_async.py")

DJANGO = app_source("calls/django_templates_and_caches.py")

FLASK_CACHING = app_source("calls/flask_caching_simple.py")


def test_a_template_of_jinja_counts_once_and_its_lines_are_its_own(record: Record) -> None:
    recorded = record(JINJA)
    assert [call["text"] for call in recorded.calls if call["kind"] == "template"] == [
        "list.html",
        "list.html",
        "list.html",
        "<template>",
        "<template>",
        "part.html",
        "<template>",
    ]
    assert recorded.calls[-1]["error"].startswith("ZeroDivisionError")
    first, second, third = [call for call in recorded.calls if call["kind"] == "sql"]
    assert recorded.calls[0]["start_ms"] <= first["start_ms"]
    assert first["stack"] == [[17, "main"], [3, "top-level template code"], [8, "ask"]]
    assert [call["parameters"] for call in (first, second, third)] == ["(1,)", "(2,)", "(3,)"]


def test_templates_and_caches_of_django(record: Record) -> None:
    recorded = record(DJANGO)
    told = [(call["kind"], call["text"], call["result"]) for call in recorded.calls]
    assert told[-12:] == [
        ("template", "page.html", ""),
        ("sql", "select %s", ""),
        ("cache", "set one", ""),
        ("cache", "get one", "hit"),
        ("cache", "get none", ""),
        ("cache", "get late", "miss"),
        ("sql", "select %s", ""),
        ("cache", "add late", ""),
        ("cache", "get late", ""),
        ("cache", "get_many", ""),
        ("cache", "set one", ""),
        ("cache", "get one", "hit"),
    ]


DJANGOS_LINES = app_source("calls/django_template_lines.py")


def test_a_call_has_the_line_of_djangos_template(record: Record) -> None:
    """The same instruction renders all tags, so no line may be remembered for it."""
    recorded = record(DJANGOS_LINES)
    found = [call for call in recorded.calls if call["kind"] == "sql"]
    places = [(Path(call["file"]).name, call["line"]) for call in found]
    assert places == 5 * [("page.html", 3), ("page.html", 4), ("part.html", 3)]
    assert found[0]["stack"][1:] == [[1, ""], [2, ""], [3, ""]]
    assert found[2]["stack"][1:] == [[1, ""], [2, ""], [4, ""], [3, ""]]
    assert {tuple(call["stack"][0]) for call in found if call["stack"]} == {(20, "main")}


BOTH = (
    DJANGOS_LINES.partition("def main")[0]
    + """
def main():
    from django.template.loader import render_to_string
    ask = functools.partial(sqlite3.connect(":memory:").execute, "select ?", (1,))
    Path(folder, "site-packages").mkdir(exist_ok=True)
    for name in ("site-packages/list.html", "list.html"):
        Path(folder, name).write_text("{{ ask }}")
    for number in range(10):
        render_to_string(("site-packages/list.html", "list.html")[number % 2], {"ask": ask})
"""
)


def test_a_template_of_a_librarys_and_one_of_the_users_are_told_apart(record: Record) -> None:
    found = [call for call in record(BOTH).calls if call["kind"] == "sql"]
    assert [Path(call["file"]).name for call in found] == ["app.py", "list.html"] * 5


BOOKS = DJANGOS_LINES.partition("def main")[0] + app_source("calls/django_book.py")


def test_a_line_of_python_below_a_template_of_djangos_is_found(record: Record) -> None:
    """A property of a library's and a method of the user's ask the same, equally deep."""
    found = [call for call in record(BOOKS).calls if call["kind"] == "sql"]
    files = [Path(call["file"]).name for call in found]
    assert files == ["book.html", "app.py", "book.html"]


def test_flask_caching(record: Record) -> None:
    recorded = record(FLASK_CACHING)
    told = [(call["text"].partition(" ")[0], call["result"]) for call in recorded.calls]
    assert told[:3] == [("set", ""), ("get", "hit"), ("get", "miss")]
    assert [call["text"] for call in recorded.calls[:3]] == ["set one", "get one", "get none"]
    assert {call["library"] for call in recorded.calls} == {"flask-caching"}
    assert told.count(("get", "hit")) == 2  # of double(2)


def test_what_django_asks_sqlite_for_itself_is_left_out(record: Record) -> None:
    debug = DJANGO.replace("settings.configure(", "settings.configure(DEBUG=True,", 1)
    recorded = record(debug.partition("def main")[0] + app_source("calls/django_sqlite_queries.py"))
    assert recorded.result == ["PRAGMA cache_size = 100", "select 7", "select 'x'"]
    assert recorded.texts == ["PRAGMA cache_size = 100", "select %s", "select %s"]
    assert recorded.totals == {"sql": 3}


def test_a_template_of_jinja_that_is_generated_in_asyncio(record: Record) -> None:
    recorded = record(JINJA_ASYNC)
    templates = [call for call in recorded.calls if call["kind"] == "template"]
    errors = ["", "", "ZeroDivisionError", "KeyError"]
    assert [call["error"].partition(":")[0] for call in templates] == errors
    assert all("pieces_of" in [name for _, name in call["stack"]] for call in templates)
    assert recorded.totals["sql"] == 5
