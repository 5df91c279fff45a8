"""What a log line repeats of its columns: found in the usual formats, and never guessed."""

from __future__ import annotations

import time

import pytest

from devtui.text.prefixes import MAX_PREFIX, NONE, prefix_of


@pytest.mark.parametrize(
    ("text", "level", "logger", "message"),
    [
        # logging.basicConfig, and formats that people write
        ("INFO:root:hello", "INFO", "root", "hello"),
        ("WARNING:shop.db:slow", "WARNING", "shop.db", "slow"),
        ("2026-01-02 03:04:05,123 INFO shop.db hello", "INFO", "shop.db", "hello"),
        ("2026-01-02 03:04:05,123 - shop.db - DEBUG - hello", "DEBUG", "shop.db", "hello"),
        ("2026-01-02 03:04:05,123 [INFO] shop.db: hello", "INFO", "shop.db", "hello"),
        ("2026-01-02 03:04:05 shop.db INFO hello", "INFO", "shop.db", "hello"),
        ("[2026-01-02 03:04:05 INFO] hello", "INFO", "x", "hello"),
        ("03:04:05 | INFO | hello", "INFO", "x", "hello"),
        ("2026-01-02 03:04:05,123:INFO:shop.db:hello", "INFO", "shop.db", "hello"),  # as AppBuilder
        ("shop.db: hello", "INFO", "shop.db", "hello"),
        ("[INFO] hello", "INFO", "x", "hello"),
        # SQLAlchemy's echo
        (
            "2026-01-02 03:04:05,123 INFO sqlalchemy.engine.Engine SELECT 1",
            "INFO",
            "sqlalchemy.engine.Engine",
            "SELECT 1",
        ),
        # Flask
        (
            "[2026-01-02 03:04:05,123] ERROR in app: Exception on /",
            "ERROR",
            "app",
            "Exception on /",
        ),
        ("[2026-01-02 03:04:05] INFO in hello: text", "INFO", "hello", "text"),
        # Werkzeug, if the app logs at this level; also through rich
        ('127.0.0.1 - - [29/Nov/2026 19:41:02] "GET / H', "INFO", "werkzeug", '"GET / H'),
        ('[19:41:02] INFO     ::1 - - [29/Nov/2026 19:41:02] "GET', "INFO", "werkzeug", '"GET'),
        # Django
        ('[02/Jan/2026 03:04:05] "GET / HTTP/1.1" 200', "INFO", "django.server", '"GET /'),
        # uvicorn, gunicorn
        ("INFO:     127.0.0.1:5000 - GET", "INFO", "uvicorn.access", "127.0.0.1:5000 - GET"),
        ("[2026-01-02 03:04:05 +0000] [123] [INFO] Booting", "INFO", "gunicorn", "Booting"),
        # loguru, structlog
        ("2026-01-02 03:04:05.123 | INFO     | hello:index:12 - hi: you", None, None, "hi: you"),
        ("2026-01-02 03:04:05 [info     ] event   key=1", None, None, "event   key=1"),
        ("2026-01-02T03:04:05.123456Z [warning  ] event", None, None, "event"),
        # colorlog, rich
        ("WARNING  hello", "WARNING", "x", "hello"),
        ("[03:04:05] INFO     hello", "INFO", "x", "hello"),
        ("           INFO     hello", "INFO", "x", "hello"),
    ],
)
def test_it_ends_where_the_message_begins(
    text: str, level: str | None, logger: str | None, message: str
) -> None:
    prefix = prefix_of(text, level, logger)
    assert text[prefix.end :].startswith(message)


def test_it_tells_the_level_and_the_logger_of_a_printed_line() -> None:
    line = "2026-01-02 03:04:05.123 | WARNING  | shop.cart:total:12 - careful"
    assert prefix_of(line)[1:] == ("WARNING", "shop.cart")


@pytest.mark.parametrize(
    ("text", "level", "logger"),
    [
        ("hello", "INFO", "x"),
        ("ERROR while parsing", "ERROR", "x"),  # the first word of the message
        ("error: no such file", "ERROR", "x"),
        ("ERROR: no such file", None, None),  # no column shows it
        ("INFO hello", "ERROR", "x"),  # another level than the column's
        ("12:30:00 is late", None, None),
        ("12:30:00 is late", "INFO", "x"),
        ("[1] a footnote", None, None),
        ("- an item", "INFO", "x"),
        ("(info) aside", None, None),
        ("INFO/MainProcess hello", "INFO", "x"),
        ("shop.database: hello", "INFO", "shop.data"),
        ('127.0.0.1 - - [02/Jan/2026 03:04:05] "GET /"', "INFO", "gevent"),
        ("2026-01-02 03:04:05 INFO", None, None),  # nothing would be left
        ("", None, None),
        ("   ", None, None),
    ],
)
def test_if_in_doubt_there_is_none(text: str, level: str | None, logger: str | None) -> None:
    assert prefix_of(text, level, logger) == NONE


def test_only_the_beginning_is_looked_at() -> None:
    began = time.perf_counter()
    for piece in (" ", "[", "[2026-01-02 03:04:05] ", "INFO ", "1:", "a.", "(("):
        assert prefix_of(piece * 500_000, "INFO", "a").end <= MAX_PREFIX
    assert time.perf_counter() - began < 1
