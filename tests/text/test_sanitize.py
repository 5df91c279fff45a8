from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.text.sanitize import MAX_COMBINING, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("", ""),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\x7f", "\\x7f"),
        ("a\tb", "a    b"),
        ("a\nb\r\0", "a\\nb\\r\\0"),
        ("\u202eabc", "\\u202eabc"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\ue000", "\\ue000"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\u2028", "\\u2028"),
        ("\u3164", "\\u3164"),
        ("❤\ufe0f", "❤"),
        ("日本語", "日本語"),
        ("[red]markup[/red]", "[red]markup[/red]"),
    ],
)
def test_visible_text(text: str, shown: str) -> None:
    assert visible(text, 100) == shown


def test_a_long_text_is_cut_and_counted() -> None:
    assert visible("abcdef", 4) == "abcd…(+2 characters)"
    assert visible("é" * 6, 4) == "éééé…(+2 characters)"
    assert visible("abcd", 4) == "abcd"


def test_an_escape_is_not_cut_in_two() -> None:
    assert visible("a\x1bbc", 4) == "a…(+3 characters)"


def test_stacked_marks_are_bounded() -> None:
    shown = visible("e" + "\u0301" * 50, 500)
    assert shown.startswith("e" + "\u0301" * MAX_COMBINING + "\\u0301")


@given(st.text(), st.integers(0, 60))
def test_nothing_that_acts_on_a_terminal_is_left(text: str, limit: Any) -> None:
    shown = visible(text, limit)
    assert all(c.isprintable() or c in "\u0301" for c in shown)
    assert len(shown) <= limit + len("…(+1,000,000 characters)")


def test_a_huge_line_is_not_read_to_its_end() -> None:
    line = "\x1b" * 50_000_000
    began = time.perf_counter()
    shown = visible(line, 200)
    assert time.perf_counter() - began < 0.05
    assert shown.endswith("…(+49,999,950 characters)")
