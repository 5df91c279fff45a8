"""Colours in text: what is read, what stays visible, and that all of it is bounded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.text.masking import in_log
from devtui.text.sanitize import visible
from devtui.text.secrets import MASK
from devtui.text.sgr import (
    MAX_CODES,
    MAX_PIECES,
    PLAIN,
    Look,
    after,
    coloured,
    linked_files,
    pieces,
    plain,
    undrawn,
)

LINK = "\x1b]8;id=1;file:///srv/hello.py#17\x1b\\hello.py\x1b]8;;\x1b\\"


@pytest.mark.parametrize(
    ("codes", "look"),
    [
        ("31", Look(ink=1)),
        ("97", Look(ink=15)),
        ("44", Look(paper=4)),
        ("103", Look(paper=11)),
        ("1;3;4;7;9", Look(bold=True, italic=True, underline=True, reverse=True, strike=True)),
        ("38;5;200", Look(ink=200)),
        ("48;2;1;2;3", Look(paper=(1, 2, 3))),
        ("38:2::1:2:3", Look(ink=(1, 2, 3))),
        ("38:2:1:2:3", Look(ink=(1, 2, 3))),
        ("38;5;200;1", Look(ink=200, bold=True)),
        ("31;39", PLAIN),
        ("1;2;22", PLAIN),
        ("4:3", Look(underline=True)),
        ("4:3;4:0", PLAIN),
        ("31;0", PLAIN),
        ("31;", PLAIN),
        ("", PLAIN),
        ("5;8", PLAIN),  # blinking disturbs, and hidden text could lie
        ("38;5;999;1", Look(bold=True)),
        ("38;9;1", Look(bold=True)),
        ("99999999;32", Look(ink=2)),
    ],
)
def test_what_a_sequence_says(codes: str, look: Look) -> None:
    assert pieces(f"\x1b[{codes}mx") == ([("x", look)], look)
    assert after(f"\x1b[{codes}mx") == look


def test_a_line_falls_into_pieces_and_ends_with_a_look() -> None:
    found, end = pieces("a\x1b[31mb\x1b[1mc\x1b[0md\x1b[32m")
    red = Look(ink=1)
    assert found == [("a", PLAIN), ("b", red), ("c", red._replace(bold=True)), ("d", PLAIN)]
    assert end == Look(ink=2)
    assert pieces("e", end)[0] == [("e", end)]  # the next line of the record goes on with it


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x1b[31",
        "\x1b[31;5",
        "\x1b[?25l",
        "\x1b[1A",
        "\x1b[" + "1" * (MAX_CODES + 1) + "m",
        "\x9b31m",
        "\x1b]8;;http://pwned.example/\x07",
        "\x1b]8;;file:///a b\x07",
        "\x1b]8;;file://" + "x" * 3_000 + "\x07",
    ],
)
def test_everything_else_stays_and_is_shown_as_an_escape(text: str) -> None:
    assert plain(text) == text
    assert pieces(text)[0] == [(text, PLAIN)]
    assert coloured(text, 5_000)[0] == visible(text, 5_000)


def test_links_to_files_are_left_out_and_can_be_asked_for() -> None:
    assert plain(LINK) == "hello.py"
    assert pieces(f"\x1b[31m{LINK}")[0] == [("hello.py", Look(ink=1))]
    assert after(f"\x1b[31m{LINK}") == Look(ink=1)
    assert list(linked_files(LINK)) == ["file:///srv/hello.py#17"]
    assert list(linked_files("hello.py")) == []


def test_for_a_terminal_the_colours_are_written_anew_and_ended() -> None:
    text, end = coloured("a\x1b[1;31mb\x1b[5mc\x1b[2Jd", 100)
    assert text == "a\x1b[1;31mb\x1b[0m\x1b[1;31mc\\x1b[2Jd\x1b[0m"
    assert end == Look(ink=1, bold=True)
    shown = coloured("\x1b[38;2;1;2;3;48;5;200;95mx", 100)[0]
    assert shown == "\x1b[95;48;5;200mx\x1b[0m"
    assert coloured("\x1b[38;2;1;2;3mx", 100)[0] == "\x1b[38;2;1;2;3mx\x1b[0m"


def test_a_coloured_line_is_cut_and_says_how_much_is_missing() -> None:
    text, _ = coloured("\x1b[31m" + "x" * 30 + "\x1b[0m" + "y" * 30, 10)
    assert "…(+20 characters)" in text
    assert plain(text).startswith("x" * 10 + "…")
    assert "…(+30 characters)" in text


def test_sequences_without_end_are_bounded() -> None:
    text = "\x1b[31mx" * (MAX_PIECES * 50)
    began = time.perf_counter()
    found, _ = pieces(text)
    assert len(found) <= MAX_PIECES + 1
    assert "".join(piece for piece, _ in found) == plain(text)
    pieces("\x1b[" * 1_000_000)
    pieces("\x1b]8;" * 500_000)
    plain("\x1b[" + "1;" * 1_000_000)
    coloured(text, 2_000)
    assert time.perf_counter() - began < 5


@given(st.text(st.sampled_from("ab\x1b[]0138;:mM\x07\\ é\x9b\n"), max_size=60))
def test_no_text_gets_lost_and_none_acts(text: str) -> None:
    found, _ = pieces(text)
    assert "".join(piece for piece, _ in found) == plain(text)
    shown = coloured(text, 500)[0]
    assert plain(shown).isprintable()
    assert plain(shown) == "".join(visible(piece, 500) for piece, _ in found)


def test_colours_do_not_hide_a_secret() -> None:
    text = '"\x1b[33mGET /?pass\x1b[0mword=hunter2 HTTP/1.1\x1b[0m" 404'
    assert in_log(text) == f'"GET /?password={MASK} HTTP/1.1" 404'
    harmless = '"\x1b[33mGET /?page=2 HTTP/1.1\x1b[0m" 404'
    assert in_log(harmless) == harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2K50%", "50%"),
        ("\x1b[?25l\r\x1b[2K\x1b[1A\x1b[2K50%", "50%"),
        ("50% \x1b[2K", "50% \x1b[2K"),
        ("\x1b[2J\x1b[2K50%", "\x1b[2J\x1b[2K50%"),
        ("plain", "plain"),
    ],
)
def test_what_begins_a_line_again_is_left_out_at_its_beginning(text: str, shown: str) -> None:
    assert undrawn(text) == shown


def test_a_sequence_that_rich_has_taken_apart_is_one() -> None:
    # As rich writes Werkzeug's `"\x1b[33mGET /x\x1b[0m" 404`, whose brackets it makes bold.
    text = (
        '\x1b[32m"\x1b\x1b[0m\x1b[1;32m[\x1b[0m\x1b[32m33mGET \x1b[0m/x'
        '\x1b\x1b[1m[\x1b[0m0m" \x1b[1;36m404\x1b[0m'
    )
    assert plain(text) == '"GET /x" 404'
    assert pieces(text)[0] == [
        ('"', Look(ink=2)),
        ("GET ", Look(ink=3)),
        ("/x", PLAIN),
        ('" ', PLAIN),
        ("404", Look(ink=6, bold=True)),
    ]
    assert "\\x1b" in coloured("\x1b\x1b[1m[ not one", 100)[0]
