"""Wrapping: at words, with bars that go on, and marks that stay below what they mark."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from rich.cells import cell_len

from devtui.dashboard.lists.sections import Line, Section, laid_out, text_lines
from devtui.dashboard.widgets.cells import Row, fit_pieces, wrap, wrap_pair
from devtui.text.sgr import PLAIN, Look

WORDS = "alpha beta gamma delta epsilon zeta eta theta"


def _texts(rows: Iterable[Row]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def test_lines_break_behind_words() -> None:
    rows = wrap([(WORDS, "")], 14)
    assert _texts(rows) == ["alpha beta ", "gamma delta ", "epsilon zeta ", "eta theta"]


def test_a_word_that_is_too_long_breaks_where_the_line_is_full() -> None:
    assert _texts(wrap([("x" * 25, "")], 10)) == ["x" * 10, "x" * 10, "x" * 5]
    assert _texts(wrap([("a " + "x" * 25, "")], 10)) == ["a " + "x" * 8, "x" * 10, "x" * 7]


def test_a_line_does_not_break_within_its_indentation() -> None:
    assert _texts(wrap([("        " + "x" * 10, "")], 12))[0] == "        xxxx"


def test_nothing_gets_lost_and_styles_stay_with_their_text() -> None:
    row: Row = [("alpha be", "a"), ("ta gamma ", "b"), ("delta", "c")]
    rows = wrap(row, 10)
    assert "".join(_texts(rows)) == "alpha beta gamma delta"
    for style, text in (("a", "alpha be"), ("b", "ta gamma "), ("c", "delta")):
        assert "".join(t for line in rows for t, s in line if s == style) == text


def test_bars_go_on_and_branches_become_lines() -> None:
    rows = wrap([("▌ ", "accent"), (WORDS, "")], 20, 4)
    assert all(text.startswith("▌ ") for text in _texts(rows))
    assert rows[1][:2] == [("▌ ", "accent"), ("  ", "")]
    rows = wrap([("├─ ", "rule"), ("▌ ", "accent"), (WORDS, "")], 24, 6)
    assert _texts(rows)[1].startswith("│  ▌  ")
    assert _texts(wrap([("└─ ", "rule"), (WORDS, "")], 24, 3))[1].startswith("   ")


def test_marks_stay_below_what_they_mark() -> None:
    code = "    return total(alpha, beta, gamma) / count(delta)"
    marks = "           ~~~~~~~~~~~~~~~~~~~~~~~~~~^~~~~~~~~~~~~~"
    for width in (20, 30, 40):
        shown = _texts(wrap_pair([(code, "")], [(marks, "")], width))
        marked = []
        for above, below in pairwise(shown):
            if set(below) <= set(" ~^") and below.strip():
                marked += [c for c, m in zip(above, below, strict=False) if m in "~^"]
        assert "".join(marked) == "total(alpha, beta, gamma) / count(delta)"


def test_tracebacks_keep_their_marks_and_other_texts_do_not_pair() -> None:
    text = "    abc(def)\n       ^^^^^\n"
    (line,) = text_lines(text, marks=True)
    assert line.below == [("       ^^^^^", "")]
    assert Section("", [line]).text == text.rstrip("\n")
    assert len(text_lines(text)) == 2
    assert len(laid_out([Section("", [line])], 80)) == 2


def test_cut_lines_are_not_wrapped() -> None:
    shown = laid_out([Section("", [Line([(WORDS, "")])])], 20, wrapped=False)
    assert _texts(line.row for line in shown) == ["alpha beta gamma de…"]


def test_pieces_fit_into_a_width() -> None:
    red = Look(ink=1)
    pieces = [("one ", PLAIN), ("two\x1b[2J", red), ("漢字漢字", PLAIN)]
    assert fit_pieces(pieces, 80, "bad") == [
        ("one ", "bad"),
        ("two\\x1b[2J", red),
        ("漢字漢字", "bad"),
    ]
    for width in range(1, 24):
        row = fit_pieces(pieces, width)
        assert cell_len("".join(text for text, _ in row)) <= width
