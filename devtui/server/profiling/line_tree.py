"""Collect the samples of a profile in a tree of the lines that took time."""

from __future__ import annotations

from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import TypeAlias

from devtui.events import ProfiledLine
from devtui.server.errors.frame_data import SourceLines
from devtui.server.exchange.app_entries import ENTRIES
from devtui.server.guest import unnoticed
from devtui.server.guest.own_code import is_ours, is_own
from devtui.server.tracing.own_lines import line_of

# The bounds of a profile while it is taken, and of what is sent.
MAX_NODES = 20_000
MAX_LINES = 1_500
MAX_DEPTH = 200
MAX_LOOKED_AT = 2_000

MAX_NAME = 200

Key: TypeAlias = tuple[str, int, str, bool]
"""The file, the line, the function, and whether it is the user's own."""

# Frames outside of these belong to the server, or start a thread.
_ENTRIES = set(ENTRIES)


def begins_at(code: CodeType) -> None:
    """Treat calls from a function with this code as the app's."""
    _ENTRIES.add(code)


class Node:
    """A line of the user's code, or a function of a library, below its caller."""

    __slots__ = ("below", "key", "self_seconds")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.self_seconds = 0.0
        self.below: dict[Key, Node] = {}


class LineTree:
    """Takes samples: where a thread was, and for how long.

    It keeps only lines and names, and no frames or objects of the app.
    """

    def __init__(self) -> None:
        self.root = Node(("", 0, "", False))
        """Its own time is the server's: before and after the app, and while it sends."""
        self._count = 0
        self._of_libraries: dict[CodeType, Key | None] = {}

    def add(self, frame: FrameType | None, called: object, seconds: float) -> None:
        """Add a sample at the frame's line; `called` is a function written in C that it called."""
        node = self.root
        for key in self._path(frame, called):
            below = node.below.get(key)
            if below is None:
                if self._count >= MAX_NODES:
                    break
                self._count += 1
                below = node.below[key] = Node(key)
            node = below
        node.self_seconds += seconds

    def _path(self, frame: FrameType | None, called: object) -> list[Key]:
        """Return the app's part of the stack, the outermost first; empty outside of the app."""
        path: list[Key] = []
        if called is not None and frame is not None and self._key(frame) is not None:
            path.append(("", 0, _name_of(called), False))
        for _ in range(MAX_LOOKED_AT):
            if frame is None:
                return []
            if frame.f_code in _ENTRIES:
                path.reverse()
                return path[:MAX_DEPTH]
            key = self._key(frame)
            if key is not None:
                path.append(key)
            frame = frame.f_back
        path.reverse()
        return path[:MAX_DEPTH]

    def _key(self, frame: FrameType) -> Key | None:
        code = frame.f_code
        if code in self._of_libraries:
            return self._of_libraries[code]
        if is_own(code.co_filename):
            return (*line_of(frame), True)
        hidden = is_ours(code.co_filename) or unnoticed.is_unnoticed(code)
        name = getattr(code, "co_qualname", code.co_name)  # new in Python 3.11
        key = None if hidden else (code.co_filename, code.co_firstlineno, name, False)
        self._of_libraries[code] = key
        return key

    def merge(self, other: LineTree) -> None:
        """Add the times of another tree, which its thread may still change."""
        self._merge(self.root, other.root)

    def _merge(self, mine: Node, theirs: Node) -> None:
        mine.self_seconds += theirs.self_seconds
        for key, below in list(theirs.below.items()):
            node = mine.below.get(key)
            if node is None and self._count < MAX_NODES:
                self._count += 1
                node = mine.below[key] = Node(key)
            self._merge(mine if node is None else node, below)

    def lines(self) -> tuple[tuple[ProfiledLine, ...], int]:
        """Return the tree in depth-first order, and how many lines were left out.

        Those that took least are left out; their callers get their time.
        """
        totals: dict[int, float] = {}
        _sum_up(self.root, totals)
        least = 0.0
        if self._count > MAX_LINES:
            least = sorted(totals.values(), reverse=True)[MAX_LINES]
        found: list[ProfiledLine] = []
        _lay_out(self.root, 0, least, totals, found, SourceLines())
        return tuple(found), self._count + 1 - len(found)


def _sum_up(node: Node, totals: dict[int, float]) -> float:
    """Note the time of each node with those below it, by the node's `id`."""
    total = node.self_seconds + sum(_sum_up(below, totals) for below in node.below.values())
    totals[id(node)] = total
    return total


def _lay_out(
    node: Node,
    depth: int,
    least: float,
    totals: dict[int, float],
    found: list[ProfiledLine],
    sources: SourceLines,
) -> None:
    kept = [below for below in node.below.values() if totals[id(below)] > least]
    kept_seconds = sum(totals[id(below)] for below in kept)
    file, line, function, own = node.key
    found.append(
        ProfiledLine(
            depth=depth,
            file=file,
            line=line,
            function=function[:MAX_NAME],
            own=own,
            self_ms=round(max(totals[id(node)] - kept_seconds, 0.0) * 1000, 3),
            source=sources.line(file, line).strip()[:MAX_NAME] if own else "",
        )
    )
    for below in sorted(kept, key=lambda one: totals[id(one)], reverse=True):
        _lay_out(below, depth + 1, least, totals, found, sources)


def _name_of(called: object) -> str:
    """Return the name of a function written in C, such as `time.sleep`."""
    if not isinstance(called, (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)):
        return type(called).__name__
    name = called.__qualname__
    module = getattr(called, "__module__", None)
    return f"{module}.{name}" if isinstance(module, str) and module != "builtins" else name
