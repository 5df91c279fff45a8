"""Requests as text: what is written comes back, and mistakes are named by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devtui.session.replay.http_text import BODY_FILE, parse, written
from devtui.session.replay.outgoing import CannotSend, Outgoing

MULTIPART = (("Content-Type", "multipart/form-data; boundary=b"),)


@pytest.mark.parametrize("before", ["", "\n"])
@pytest.mark.parametrize(
    "outgoing",
    [
        Outgoing("GET", "/"),
        Outgoing("POST", "/a?b=c%20d", (("Cookie", "a=1; b=2"), ("X", "")), b'{"a": 1}\n\n# no'),
        Outgoing("PUT", "/", (("X", "gr\xc3\xb6\xc3\x9fe"), ("Y", "\xff")), "größe\n".encode()),
        Outgoing("POST", "/", (), bytes(range(256))),
        Outgoing("POST", "/", (), b"a\r\nb"),
        Outgoing("POST", "/", (), b"< /etc/hostname"),
        Outgoing("POST", "/", MULTIPART, b"--b\r\nA: b\r\n\r\nvalue\r\n--b--\r\n"),
        Outgoing("POST", "/", MULTIPART, b"--b\r\n\r\na\nb\r\n--b--\r\n"),
    ],
)
def test_what_is_written_comes_back(outgoing: Outgoing, before: str, tmp_path: Path) -> None:
    text = written(outgoing, tmp_path)
    text = before + text
    saved = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    assert parse(saved) == outgoing


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_body_comes_back(body: bytes, tmp_path: Path) -> None:
    outgoing = Outgoing("POST", "/", (("A", "b"),), body)
    assert parse(written(outgoing, tmp_path)) == outgoing


def test_a_form_with_fields_is_edited_in_place(tmp_path: Path) -> None:
    text = written(Outgoing("POST", "/", MULTIPART, b"--b\r\n\r\nvalue\r\n--b--\r\n"), tmp_path)
    assert not (tmp_path / BODY_FILE).exists()
    changed = parse(text.replace("value", "other"))
    assert changed.body == b"--b\r\n\r\nother\r\n--b--\r\n"


def test_what_people_type() -> None:
    text = "\n# a comment\npost /x HTTP/1.1\r\nhost:shop\r\nContent-Length: 9\r\n\r\nbody"
    assert parse(text) == Outgoing("POST", "/x", (("host", "shop"),), b"body")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no request"),
        ("# only\n", "no request"),
        ("# a\nG?T /", "Line 2: 'G?T' is not a method"),
        ("GET", "Line 1: the target is missing"),
        ("GET /a b c", "Line 1: '/a b c' is not a target"),
        ("GET http://elsewhere/", "Line 1: 'http://elsewhere/' is not a target"),
        ('POST /\nA: b\n{"a": 1}', "Line 3: '{\"a\": 1}' is not a header"),
        ("POST /\n\n< /no/such/file", "Line 3: the body's file /no/such/file cannot be read"),
    ],
)
def test_mistakes_are_named_by_line(text: str, words: str) -> None:
    with pytest.raises(CannotSend) as raised:
        parse(text)
    assert words in str(raised.value)
