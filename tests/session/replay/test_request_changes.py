"""What was changed in a request that was edited before it was sent again."""

from __future__ import annotations

from hashlib import sha256

import pytest
from msgspec import structs

from devtui.events import Body
from devtui.session.replay.comparison import Answer, compare
from devtui.session.replay.ignores import Ignores
from devtui.session.replay.request_changes import Asked, request_changes
from devtui.text.secrets import MASK
from tests.support import fakes

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
PASSWORD = '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{}\r\n--b--\r\n'


def asked(
    target: str = "/", *headers: tuple[str, str], body: Body | None = None, method: str = "GET"
) -> Asked:
    return Asked(method, target, headers, body)


def text(content: str, kind: str = "application/json") -> Body:
    return Body(content_type=kind, size_bytes=len(content.encode()), text=content)


def binary(content: bytes) -> Body:
    digest = sha256(content).hexdigest()
    return Body(content_type="x/y", size_bytes=len(content), digest=digest, data=content)


def told(before: Asked, after: Asked) -> list[tuple[str, str | None, str | None]]:
    return [(one.place, *one.values(False)) for one in request_changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (asked(), asked(method="POST"), ("method", "GET", "POST")),
        (asked("/a?q=1"), asked("/b?q=1"), ("path", "/a", "/b")),
        (asked("/a?q=1&q=2"), asked("/a?q=1&q=3"), ("query q", "1, 2", "1, 3")),
        (asked("/a?q="), asked("/a"), ("query q", "", None)),
        (asked("/a?token=x"), asked("/a?token=y"), ("query token", MASK, MASK)),
        (asked("/a?q=%20"), asked("/a?q=+"), ("target", "/a?q=%20", "/a?q=+")),
        (asked("/a?token=%20"), asked("/a?token=+"), ("target", MASK, MASK)),
        (asked(), asked("/", ("X-New", "")), ("header x-new", None, "")),
        (
            asked("/", ("A", "1"), ("B", "2")),
            asked("/", ("B", "3"), ("a", "1")),
            ("header b", "2", "3"),
        ),
        (
            asked("/", ("Authorization", "Basic a")),
            asked("/", ("Authorization", "Basic b")),
            ("header authorization", MASK, MASK),
        ),
        (
            asked("/", ("Cookie", "user=ada; session=1")),
            asked("/", ("Cookie", "session=2; user=ada")),
            ("cookie session", MASK, MASK),
        ),
        (
            asked("/", ("Referer", "/?token=1")),
            asked("/", ("Referer", "/?token=2")),
            ("header referer", MASK, MASK),
        ),
        (
            asked(body=text("item=tea&password=a", FORM)),
            asked(body=text("item=pie&password=a", FORM)),
            ("field item", "tea", "pie"),
        ),
        (
            asked(body=text("item=tea&password=a", FORM)),
            asked(body=text("item=tea&password=b", FORM)),
            ("field password", MASK, MASK),
        ),
        (
            asked(body=text("a=1&b=2", FORM)),
            asked(body=text("b=2&a=1", FORM)),
            ("body line 1", "a=1&b=2", "b=2&a=1"),
        ),
        (asked(body=text("[1, 2]")), asked(body=text("[0, 1, 2]")), ("body $[0]", None, "0")),
        (asked(body=text('{"at": 1}')), asked(body=text('{"at": 2}')), ("body $.at", "1", "2")),
        (asked(body=text("1")), asked(body=text("2")), ("body", "1", "2")),
        (asked(body=text("[ ]")), asked(body=text("[]")), ("body line 1", "[ ]", "[]")),
        (
            asked(),
            asked(body=text('{"password": "hush"}')),
            ("body line 1", None, f'{{"password": "{MASK}"}}'),
        ),
        (
            asked(body=text(PASSWORD.format("hush"), PARTS)),
            asked(body=text(PASSWORD.format("hushed"), PARTS)),
            ("body line 4", MASK, MASK),
        ),
        (
            asked(body=text("a\n", "text/plain")),
            asked(body=text("a", "text/plain")),
            ("body", "2 bytes, 87428fc52280", "1 byte, ca978112ca1b"),
        ),
        (
            asked(body=binary(b"\xff\0")),
            asked(body=binary(b"\xff\1")),
            ("body", "2 bytes, ea5dbf9596d1", "2 bytes, 437cb43a3022"),
        ),
        # The app has not read it.
        (
            asked("/", ("Content-Length", "3"), body=text("abc", "text/plain")),
            asked("/", ("Content-Length", "5")),
            ("body", "3 bytes", "5 bytes"),
        ),
    ],
)
def test_each_part(before: Asked, after: Asked, wanted: tuple[str, str | None, str | None]) -> None:
    assert told(before, after) == [wanted]
    assert told(after, before) == [(wanted[0], wanted[2], wanted[1])]


def test_headers_of_the_connection_and_an_unread_body_are_no_change() -> None:
    chunked = ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("A", "1")
    length = ("a", "1"), ("Content-Length", "3")
    abc = text("abc", "text/plain")
    assert told(asked("/", *chunked, body=abc), asked("/", *length, body=abc)) == []
    assert told(asked("/", *length, body=abc), asked("/", *length)) == []


def test_many_fields_and_long_values() -> None:
    before, after = ("&".join(f"a{n}={m}" for n in range(1_200)) for m in (1, 2))
    (change,) = told(asked(f"/?{before}"), asked(f"/?{after}"))
    assert change[0] == "target"
    long = "x" * 500
    (change,) = told(asked(f"/?q={long}1"), asked(f"/?q={long}2"))
    assert (str(change[1])[-2:], str(change[2])[-2:]) == ("x1", "x2")


def test_the_comparison_begins_with_them_and_the_verdict_is_about_the_answer() -> None:
    answers = []
    for item in ("tea", "pie"):
        ended = structs.replace(fakes.finished(1), request_body=text(f"item={item}", FORM))
        answers.append(Answer(ended, request_headers=(("Host", "shop"),)))
    found = compare(answers[0], answers[1], Ignores())
    (change,) = found.changes
    assert (change.part, change.place, change.rule) == ("request", "field item", "")
    assert found.verdict == "same"
