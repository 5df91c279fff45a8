"""What filters and rules know of a row besides its text."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

PaneName: TypeAlias = Literal["requests", "log", "reloads", "errors"]
"""The pane that a filter is for."""

CallKind: TypeAlias = Literal["sql", "http", "template", "cache"]

CALL_KINDS: tuple[CallKind, ...] = ("sql", "http", "cache", "template")
"""The kinds of calls, in the order of their importance."""

UNKNOWN = -1.0
"""Stands for a duration or a size that a row does not have."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """The facts that many rows share; the fields of another kind of row are empty.

    `failed` marks an error, or what its request has logged, which no rule hides. A row of the log
    has the method of its request. `status` is 0 while a request runs or if no
    response was sent. `calls` counts a request's calls of each of `CALL_KINDS`; it is empty while
    the request runs.
    """

    method: str = ""
    status: int = 0
    stream: str = ""
    level: str = ""
    logger: str = ""
    failed: bool = False
    calls: tuple[int, ...] = ()


class Measures(msgspec.Struct, frozen=True, gc=False):
    """The facts of one row: what it shares with others, its duration and its size."""

    facts: Facts
    duration_ms: float = UNKNOWN
    size_bytes: float = UNKNOWN


NO_MEASURES = Measures(Facts())
