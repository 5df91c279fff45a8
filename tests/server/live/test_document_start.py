"""Where the script goes in a document, however the document is cut in pieces."""

from __future__ import annotations

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from devtui.server.live.document_start import MAX_HELD, DocumentStart

TAG = b"<script ></script>"

# The place of the tag is marked by an @.
DOCUMENTS = [
    b"<!doctype html><html><head>@<title>x</title></head><body>text</body></html>",
    b'<!DOCTYPE html>\n<html lang="en" data-x="a>b">\n<HEAD class=\'y>\'>@\n<title>x</title>',
    b"\xef\xbb\xbf<!doctype html><head>@<body>",
    b"<!doctype html>\n@<title>no head</title>",
    b"@Hello",
    b"  \n@Hello <b>you</b>",
    b"@<p>a fragment <head>",
    b"<!-- a <head> in a comment --><!--> <!---> <!----> <html>@<body>",
    b"<html>@<header>no head</header>",
    b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x"><html><head>@',
    b"<html><!-- --!><head>@x",
    b"<html>@<headline>",
    b"<html/><head/>@x",
    b"@</p>",
    b"<!doctype html>@",
    b"<!doctype html><html><head>@\xff\x00",
]


def sent(document: bytes, cuts: list[int]) -> bytes:
    start = DocumentStart(TAG)
    places = [0, *sorted(min(cut, len(document)) for cut in cuts), len(document)]
    pieces = [document[a:b] for a, b in itertools.pairwise(places)]
    return b"".join(map(start.take, pieces)) + start.end()


@given(marked=st.sampled_from(DOCUMENTS), cuts=st.lists(st.integers(0, 100), max_size=8))
def test_the_tag_is_behind_head_or_where_the_parser_would_put_it(
    marked: bytes, cuts: list[int]
) -> None:
    assert sent(marked.replace(b"@", b""), cuts) == marked.replace(b"@", TAG)


@example(document=b"\xfe\xff\0<", cuts=[1])
@given(document=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_of_any_bytes_none_is_lost(document: bytes, cuts: list[int]) -> None:
    got = sent(document, cuts)
    if document[:2] in (b"\xff\xfe", b"\xfe\xff"):
        assert got[: len(document)] == document
        assert len(got) == len(document) + len(TAG)
        return
    assert got == document if not document else got.count(TAG) == 1
    assert got.replace(TAG, b"", 1) == document


def test_a_streamed_document_is_not_held_back() -> None:
    start = DocumentStart(TAG)
    assert start.take(b"<!doctype html><!-- " + b"." * 2000) == (
        b"<!doctype html><!-- " + b"." * 1997
    )
    assert start.take(b" --><html><he") == b"... --><html>"
    assert start.take(b"ad><p>one") == b"<head>" + TAG + b"<p>one"
    assert start.take(b"<head>") == b"<head>"


def test_a_tag_without_an_end_is_held_back_up_to_a_bound() -> None:
    start = DocumentStart(TAG)
    assert start.take(b"<html " + b"x" * MAX_HELD).startswith(TAG + b"<html x")


def test_an_empty_document_stays_empty() -> None:
    assert sent(b"", []) == b""
