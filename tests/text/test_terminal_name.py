"""What the environment says of the terminal."""

from __future__ import annotations

import pytest

from devtui.text.terminal_name import knows_sequences, takes_colours


@pytest.mark.parametrize(
    ("environment", "knows", "takes"),
    [
        ({}, False, False),
        ({"TERM": ""}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "unknown"}, False, False),
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb", "NO_COLOR": "1"}, False, False),
    ],
)
def test_what_a_terminal_shows(environment: dict[str, str], knows: bool, takes: bool) -> None:
    assert (knows_sequences(environment), takes_colours(environment)) == (knows, takes)
