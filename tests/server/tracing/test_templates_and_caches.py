"""Templates and caches, and what they ask for themselves."""

from __future__ import annotations

from pathlib import Path

from tests.server.tracing.conftest import Record

JINJA = """
import os, sqlite3, asyncio
from pathlib import Path
import jinja2
from jinja2.nativetypes import NativeEnvironment

def ask(number):
    return sqlite3.connect(":memory:").execute("select ?", (number,)).fetchone()[0]

def main():
    Path(folder, "list.html").write_text(
        "{% include 'part.html' %}\\n\\n{% for n in numbers %}{{ ask(n) }}{% endfor %}")
    Path(folder, "part.html").write_text("part\\n{% macro m() %}macro{% endmacro %}{{ m() }}")
    loader = jinja2.FileSystemLoader(folder)
    environment = jinja2.Environment(loader=loader)
    template = environment.get_template("list.html")
    answers = [template.render(numbers=[1, 2], ask=ask)]
    answers.append("".join(template.generate(numbers=[3], ask=ask)))
    answers.append("".join(template.stream(numbers=[], ask=ask)))
    answers.append(environment.from_string("{{ 1 + 1 }}").render())
    answers.append(NativeEnvironment().from_string("{{ 1 + 1 }}").render())
    asynchronous = jinja2.Environment(loader=loader, enable_async=True)
    answers.append(asyncio.run(asynchronous.get_template("part.html").render_async()))
    try:
        environment.from_string("{{ 1 // 0 }}").render()
    except ZeroDivisionError as error:
        answers.append(frames_of(error))
    return answers

def frames_of(error):
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return frames
"""

JINJA_ASYNC = (
    JINJA.partition("def main")[0]
    + """
def main():
    return asyncio.run(pieces_of())

async def pieces_of():
    environment = jinja2.Environment(enable_async=True)
    text = "{% for n in numbers %}{{ ask(n) }} {{ 1 // n }};{% endfor %}"
    template = environment.from_string(text)
    answers = [[piece async for piece in template.generate_async(numbers=[1, 2], ask=ask)]]
    left = template.generate_async(numbers=[1, 2], ask=ask)
    answers += [await left.__anext__(), await left.aclose(), inspect.isasyncgenfunction(
        jinja2.Template.generate_async)]
    try:
        async for piece in template.generate_async(numbers=[0], ask=ask):
            answers.append(piece)
    except ZeroDivisionError as error:
        answers.append(frames_of(error) if sys.version_info >= (3, 11) else [])
    thrown = template.generate_async(numbers=[1, 2], ask=ask)
    await thrown.__anext__()
    try:
        await thrown.athrow(KeyError("thrown"))
    except KeyError as error:
        answers.append(str(error))
    return answers

def frames_of"""
    + JINJA.partition("def frames_of")[2]
).replace("import os", "import inspect, os, sys")

DJANGO = """
import django
from django.conf import settings

def prepare():
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
                "db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache",
                       "LOCATION": "cache"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
                    "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {
                        "page.html": "{% include 'part.html' %}{{ ask }}", "part.html": "part"})]},
                    }],
    )
    django.setup()

def main():
    from django.core.cache import cache, caches
    from django.core.management import call_command
    from django.db import connection
    from django.template.loader import render_to_string

    def ask():
        with connection.cursor() as cursor:
            cursor.execute("select %s", [7])
            return cursor.fetchone()[0]

    call_command("createcachetable", verbosity=0)
    answers = [render_to_string("page.html", {"ask": ask})]
    cache.set("one", 1)
    answers += [cache.get("one"), cache.get("none", 5), cache.get_or_set("late", ask)]
    answers.append(cache.get_many(["one", "late"]))
    caches["db"].set("one", [1])
    answers.append(caches["db"].get("one"))
    return answers + [type(caches["default"]).__name__, connection.execute_wrappers]
"""

FLASK_CACHING = """
from flask import Flask
from flask_caching import Cache

def main():
    app = Flask("app")
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})

    @cache.memoize()
    def double(number):
        return 2 * number

    with app.app_context():
        cache.set("one", 1)
        return [cache.get("one"), cache.get("none"), double(2), double(2),
                type(cache.cache).__name__]
"""


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


DJANGOS_LINES = """
import functools, sqlite3
from pathlib import Path
import django
from django.conf import settings

def prepare():
    templates = {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [folder]}
    settings.configure(TEMPLATES=[templates])
    django.setup()
    Path(folder, "base.html").write_text("\\n<b>{% block all %}{% endblock %}</b>")
    Path(folder, "part.html").write_text("\\n\\n{{ ask }}")
    Path(folder, "page.html").write_text(
        "{% extends 'base.html' %}\\n{% block all %}{% for n in numbers %}\\n{{ ask }}\\n{{ ask }}"
        "{% include 'part.html' %}{% endfor %}{% endblock %}")

def main():
    from django.template.loader import render_to_string
    ask = functools.partial(sqlite3.connect(":memory:").execute, "select 1")
    render_to_string("page.html", {"ask": ask, "numbers": range(5)})
"""


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


BOOKS = (
    DJANGOS_LINES.partition("def main")[0]
    + """
import types

class Book(list):
    author = types.DynamicClassAttribute(
        functools.partial(sqlite3.connect(":memory:").execute, "select ?"))

    def writer(self):
        return type(self).__dict__["author"].fget(self)

def main():
    from django.template.loader import render_to_string
    Path(folder, "book.html").write_text("{{ b.author }}{{ b.writer }}{{ b.author }}")
    render_to_string("book.html", {"b": Book([1])})
"""
)


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
    recorded = record(
        debug.partition("def main")[0]
        + """
def main():
    from django.db import connection
    from django.db.backends.signals import connection_created

    def made(**given):
        given["connection"].cursor().execute("PRAGMA cache_size = 100")

    connection_created.connect(made)
    with connection.cursor() as cursor:
        cursor.execute("select %s", [7])
        cursor.execute("select %s", ["x"])
    return [query["sql"] for query in connection.queries]
"""
    )
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
