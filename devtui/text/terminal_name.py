"""Read from the environment what the terminal can show."""

from __future__ import annotations

from collections.abc import Mapping

_UNABLE = frozenset({"", "dumb", "unknown"})


def knows_sequences(environment: Mapping[str, str]) -> bool:
    """Whether the name of the terminal is that of one that can move its cursor and show colours."""
    return environment.get("TERM", "") not in _UNABLE


def takes_colours(environment: Mapping[str, str]) -> bool:
    """Whether the terminal can show colours, and the user wants them."""
    return knows_sequences(environment) and not environment.get("NO_COLOR")
