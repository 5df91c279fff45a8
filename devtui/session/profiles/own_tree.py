"""The tree of a profile with the user's own code first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from devtui.events import Frame, ProfiledLine, RequestProfiled

Key: TypeAlias = tuple[str, int, str, bool]
Path: TypeAlias = tuple[Key, ...]

THREADS: Key = ("", 0, "in threads that the request started, beside it", False)
"""The parent of what the request's threads did."""


class Spent:
    """A line of the user's code or a function of a library, and the time spent there."""

    def __init__(self, path: Path, sources: dict[Key, str]) -> None:
        self.path = path
        """The keys from the outermost line to this one."""
        self._sources = sources
        self.self_ms = 0.0
        self.ms = 0.0
        """The time spent here and below."""
        self._below: dict[Key, Spent] = {}

    @property
    def key(self) -> Key:
        """The file, the line, the function, and whether it is the user's own."""
        return self.path[-1]

    @property
    def own(self) -> bool:
        """Whether it is the user's own."""
        return self.key[3]

    @property
    def is_threads(self) -> bool:
        """Whether it is the parent of what the request's threads did, and not a line."""
        return self.path == (THREADS,)

    @property
    def source(self) -> str:
        """The user's line, as it was when it ran."""
        return self._sources.get(self.key, "")

    @property
    def frame(self) -> Frame | None:
        """The place in the code; None for code in C."""
        file, line, function, own = self.key
        return Frame(file=file, line=line, function=function, own=own) if file else None

    @property
    def below(self) -> list[Spent]:
        """What it called: the user's code first, then what took longest."""
        return sorted(self._below.values(), key=lambda one: (not one.own, -one.ms))

    def add(self, rest: Path, ms: float) -> None:
        """Add time to the line that `rest` leads to from here."""
        self.ms += ms
        if not rest:
            self.self_ms += ms
            return
        below = self._below.get(rest[0])
        if below is None:
            below = self._below[rest[0]] = Spent((*self.path, rest[0]), self._sources)
        below.add(rest[1:], ms)


def own_tree(event: RequestProfiled) -> Spent:
    """Return the tree in which libraries are below the line of the user's that called them.

    If the library calls the user's code, that is below the same line too, without the library in
    between. So each of the user's lines has all of its time, and few steps lead to it.
    """
    every = (*event.lines, *event.thread_lines)
    root = Spent((), {key_of(line): line.source for line in every if line.source})
    for above, lines in ((), event.lines), ((THREADS,), event.thread_lines):
        for path, ms in stacks(lines):
            keys = [key_of(line) for line in path]
            last = max((at for at, key in enumerate(keys) if key[3]), default=-1)
            own = [key for key in keys[: last + 1] if key[3]]
            root.add((*above, *own, *keys[last + 1 :]), ms)
    return root


def stacks(lines: tuple[ProfiledLine, ...]) -> Iterator[tuple[tuple[ProfiledLine, ...], float]]:
    """Yield the stacks in which time was spent, and how much; an empty one is the server itself."""
    path: list[ProfiledLine] = []
    for line in lines:
        del path[max(line.depth - 1, 0) :]
        if line.depth:
            path.append(line)
        if line.self_ms:
            yield tuple(path), line.self_ms


def key_of(line: ProfiledLine) -> Key:
    """Return the key that tells a line from others with the same caller."""
    return line.file, line.line, line.function, line.own
