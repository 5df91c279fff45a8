"""The header fields of a request are those that the standard library finds."""

from __future__ import annotations

import http.client
import http.server
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devtui.server import request_head
from devtui.server.request_head import parse_headers

_NAMES = st.text("abcXYZ-_09!~\x7f .", min_size=0, max_size=8)
_VALUES = st.text("abc :,;=\t\"'\x00\x0b\x0c\x1c\x1d\x1e\x1f\x7f\x80\x85\xa0\xff\r", max_size=20)
_LINES = st.one_of(
    st.tuples(_NAMES, st.sampled_from([":", ": ", ":\t ", " :", ""]), _VALUES).map("".join),
    st.sampled_from(
        ["From me", "From : me", " folded", "\tfolded", ":", "--", "Host: a", "host:b"]
    ),
)


def head(lines: list[str], end: str) -> bytes:
    return "".join(line + end for line in [*lines, ""]).encode("latin-1")


def parsed(parse: Callable[..., Any], data: bytes) -> object:
    stream = io.BytesIO(data + b"the body: of it\r\n")
    try:
        message = parse(stream)
    except http.client.HTTPException as error:
        return type(error), str(error)
    return message.items(), type(message), message.get_payload(), stream.tell()


@given(st.lists(_LINES, max_size=6), st.sampled_from(["\r\n", "\n"]))
@example(["Host: x", " folded", "A: b"], "\r\n")
@example(["Host: x\rInjected: y"], "\r\n")
@example(["no field", "Host: x"], "\r\n")
@example(["From : me", "From x: y"], "\n")
@example(["A: b"] * 101, "\r\n")
@example(["A: " + "b" * 70_000], "\r\n")
def test_it_is_what_the_standard_library_finds(lines: list[str], end: str) -> None:
    data = head(lines, end)
    assert parsed(parse_headers, data) == parsed(http.client.parse_headers, data)


@pytest.mark.parametrize("data", [b"", b"Host: x", b"Host: x\r\n", b"\r\n", b"Host: x\r\nA"])
def test_a_head_that_ends_early(data: bytes) -> None:
    stream = io.BytesIO(data)
    assert parse_headers(stream).items() == http.client.parse_headers(io.BytesIO(data)).items()
    assert stream.tell() == len(data)


def test_the_server_reads_so_and_clients_of_the_app_as_ever() -> None:
    request_head.install()
    assert http.server.http.client.parse_headers is parse_headers  # type: ignore[attr-defined]
    assert http.client.parse_headers is not parse_headers
