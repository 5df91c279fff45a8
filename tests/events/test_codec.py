"""The codec: whatever the fields hold, an event is one line, and comes back as it was."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtui import events
from devtui.events import (
    AnyEvent,
    AnyOrder,
    Event,
    FilesRead,
    Load,
    LogWritten,
    Order,
    Preload,
    RequestFinished,
    SourceFile,
    decode_event,
    decode_order,
    encode,
    encode_printable,
)
from tests.support.messages import structs

EVENTS: tuple[type[Event], ...] = get_args(AnyEvent)
ORDERS: tuple[type[Order], ...] = get_args(AnyOrder)

# For each kind of message; together they are thousands.
FEW = settings(max_examples=40)

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)

# What INTERFACE promises to those who read `--json`.
STABLE = {
    "server_started": {"pid"},
    "serving": {"url", "pid"},
    "app_loaded": {"app", "duration_ms"},
    "app_failed": {"reload", "error"},
    "request_started": {"id", "method", "target", "client"},
    "request_finished": {
        "id", "method", "target", "status", "duration_ms", "size_bytes", "client",
    },
    "error_raised": {"request_id", "error"},
    "log_written": {"stream", "logger", "level", "text", "request_id"},
    "files_changed": {"paths"},
    "reloaded": {"cause", "paths", "duration_ms"},
    "port_busy": {"port", "holders"},
    "server_exited": {"exit_code", "signal"},
}  # fmt: skip


def without_surrogates(value: Any) -> Any:
    """The value with each lone surrogate written out as its escape."""
    if isinstance(value, str):
        return re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", value)
    if isinstance(value, dict):
        return {key: without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(without_surrogates(item) for item in value)
    return value


def as_data(message: Event | Order) -> Any:
    return without_surrogates(msgspec.to_builtins(message))


def subclasses(cls: type) -> set[type]:
    return {cls for cls in vars(events).values() if isinstance(cls, type)} & set(
        cls.__subclasses__()
    )


def test_every_event_and_every_order_can_be_decoded() -> None:
    assert set(EVENTS) == subclasses(Event)
    assert set(ORDERS) == subclasses(Order)


@pytest.mark.parametrize("kind", EVENTS)
@FEW
@given(data=st.data())
def test_an_event_is_one_line_and_comes_back(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(structs(kind))
    line = encode(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert list(json.loads(line))[:3] == ["type", "at", "generation"]
    assert type(decode_event(line)) is kind
    assert as_data(decode_event(line)) == as_data(event)


@pytest.mark.parametrize("kind", ORDERS)
@FEW
@given(data=st.data())
def test_an_order_is_one_line_and_comes_back(kind: type[Order], data: st.DataObject) -> None:
    order = data.draw(structs(kind))
    line = encode(order)
    assert line.count(b"\n") == 1
    assert type(decode_order(line)) is kind
    assert as_data(decode_order(line)) == as_data(order)


@given(text=st.text())
def test_text_that_has_a_form_in_utf8_is_not_changed(text: str) -> None:
    event = LogWritten(stream="log", text=text)
    assert decode_event(encode(event)) == event


class Markup(str):
    """Such as libraries hand out in place of text."""


@pytest.mark.parametrize("text", ["plain", "with \udc80"])
def test_a_kind_of_text_is_written_as_text(text: str) -> None:
    plain, markup = (LogWritten(stream="log", text=kind(text), at=NOON) for kind in (str, Markup))
    assert encode(markup) == encode(plain)


def test_a_lone_surrogate_is_written_as_its_escape() -> None:
    line = encode(LogWritten(stream="log", text="a\udc80b"))
    assert json.loads(line)["text"] == r"a\udc80b"


@pytest.mark.parametrize(("tag", "fields"), STABLE.items())
def test_the_names_that_programs_rely_on(tag: str, fields: set[str]) -> None:
    kind = next(kind for kind in EVENTS if kind.__struct_config__.tag == tag)
    assert fields <= set(kind.__struct_encode_fields__)


def test_the_time_is_utc_and_says_so() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    line = encode(LogWritten(at=at, generation=2, stream="log", text=""))
    assert json.loads(line)["at"] == "2026-01-02T03:04:05.678901Z"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b'{"type":"log_written","stream":"log","text":"\xff"}',
        b'{"type":"no_such_event"}',
        b'{"type":"log_written"}',
        b'{"type":"load"}',
        b'{"type":"log_written","stream":"log","text":5}',
        b'{"a":' * 100_000,
    ],
)
def test_a_line_that_is_no_event_is_refused_in_one_way(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_event(line)
    with pytest.raises(msgspec.DecodeError):
        decode_order(line)


@given(line=st.binary())
def test_any_bytes_are_an_event_or_refused(line: bytes) -> None:
    try:
        event = decode_event(line)
    except msgspec.DecodeError:
        return
    assert isinstance(event, Event)


def test_what_a_later_version_adds_is_passed_over() -> None:
    event = decode_event(b'{"type":"log_written","stream":"log","text":"x","color":"red"}')
    assert isinstance(event, LogWritten)
    assert event.text == "x"


def test_events_cannot_be_changed() -> None:
    event = LogWritten(stream="log", text="x")
    with pytest.raises(AttributeError):
        event.text = "y"


def test_a_finished_request_may_have_no_status() -> None:
    event = RequestFinished(
        id="1-1", method="GET", target="/", client="::1", status=None, duration_ms=1.5, size_bytes=0
    )
    assert json.loads(encode(event))["status"] is None


ACTING = "\x7f\x80\x9b31m\x9d\u061c\u200b\u200e\u2028\u202e\u2066\ufeff\U000e0041"


def test_nothing_in_printed_json_acts_on_a_terminal() -> None:
    event = LogWritten(stream="stdout", text=f"bell\a {ACTING} é 漢 🦄 \udc80", logger=ACTING)
    line = encode_printable(event).decode()
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "é 漢 🦄" in line
    assert "\\u009b31m" in line
    assert "\\u202e" in line
    assert "\\udb40\\udc41" in line  # two halves, as JSON has it
    assert json.loads(line) == json.loads(encode(event))


@given(st.text())
def test_printed_json_says_the_same(text: str) -> None:
    event = LogWritten(stream="log", text=text)
    line = encode_printable(event)
    assert line.decode()[:-1].isprintable()
    assert json.loads(line) == json.loads(encode(event))
    assert decode_event(line) == decode_event(encode(event))


def test_an_order_keeps_a_name_that_is_not_utf_8() -> None:
    load = Load(
        app="b\udce4h:app", folder="/home/b\udce4h", host="", port=1, url="", debug=True,
        reload=True, debugger=True, threaded=True, cert=None, key=None, env_file=None,
        load_dotenv=True, first=True,
    )  # fmt: skip
    assert decode_order(encode(load)) == load
    preload = Preload(load=load, roots=("a",), search_path="/\udcff")
    assert decode_order(encode(preload)) == preload


@pytest.mark.parametrize("line", [b'{"type": "\\udc80"}', b'"\\udc80"', b"\\udc80"])
def test_a_surrogate_makes_no_order_of_what_is_none(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_order(line)


def test_the_files_that_the_session_looks_at_keep_their_names() -> None:
    file = SourceFile(file="/b\udce4h/app.py", mtime_ns=1, size=1, ctime_ns=1, inode=1)
    read = FilesRead(generation=1, read=(file,), written=("/\udcff",), children=False)
    assert decode_event(encode(read)) == read
    assert b"\\\\udcff" in encode_printable(read)
