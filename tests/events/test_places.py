"""The frame of an error that one wants to see first."""

from __future__ import annotations

import pytest

from devtui.events import Error, ExceptionData, Frame, innermost, place_of


def frames(owned: str) -> tuple[Frame, ...]:
    """One frame for each letter: `o` is the user's own, `x` a library's."""
    return tuple(Frame(file="f.py", line=1, function="f", own=letter == "o") for letter in owned)


def error(*owned: str) -> Error:
    described = (ExceptionData(type="E", message="", frames=frames(each)) for each in owned)
    return Error(exceptions=tuple(described), text="")


@pytest.mark.parametrize(
    ("owned", "number"), [("", -1), ("x", 0), ("xx", 1), ("oxx", 0), ("oxox", 2), ("o", 0)]
)
def test_the_innermost_frame(owned: str, number: int) -> None:
    assert innermost(frames(owned)) == number


@pytest.mark.parametrize(
    ("owned", "place"),
    [
        ([], None),
        ([""], None),
        (["xx"], (0, 1)),
        (["oxx"], (0, 0)),
        (["xx", "oxo"], (1, 2)),
        (["", "x"], None),
    ],
)
def test_the_place_of_an_error(owned: list[str], place: tuple[int, int] | None) -> None:
    assert place_of(error(*owned)) == place
