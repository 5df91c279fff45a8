"""No header of a response can be more than one."""

from __future__ import annotations

import pytest

from devtui.server.app.wsgi_rules import check_start


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", []),
        ("404 Nicht gefunden: ä", [("X-Name", "grün\x1b[31m\t\xff"), ("X-Name", "")]),
    ],
)
def test_what_fits_one_line(status: str, headers: list[tuple[str, str]]) -> None:
    check_start(status, headers)


@pytest.mark.parametrize(
    ("status", "headers", "named"),
    [
        ("200 OK\r\nX-Evil: 1", [], "The status"),
        ("200 OK", [("X-Name", "a\r\nSet-Cookie: evil=1")], "'X-Name': 'a"),
        ("200 OK", [("A", "b"), ("X-Name", "a\nb")], "'X-Name': 'a"),
        ("200 OK", [("X-Name", "a\rb")], "would break the response"),
        ("200 OK", [("X-Name", "a\0b")], "would break the response"),
        ("200 OK", [("X-Name: 1\r\nX-Evil", "1")], "X-Evil"),
        ("200 OK", [("X-Name", "10 €")], "not in latin-1"),
        ("200 OK", [("X-Name", "\n" + "x" * 10_000)], "x…'"),
    ],
)
def test_what_does_not(status: str, headers: list[tuple[str, str]], named: str) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        check_start(status, headers)
    assert len(str(caught.value)) < 400
