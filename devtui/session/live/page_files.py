"""Decide what a saved file that is not source code means for the open pages."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import msgspec

# Files that a page loads by an element of its own, whose URL can be replaced.
_SWAPPED = frozenset({".css", ".avif", ".gif", ".ico", ".jpeg", ".jpg", ".png", ".svg", ".webp"})

# Other files that pages are made of, in any folder.
_PARTS = frozenset(
    {
        *(".htm", ".html", ".djhtml", ".j2", ".jinja", ".jinja2", ".mak", ".mako", ".pt", ".tpl"),
        *(".cjs", ".js", ".mjs", ".wasm", ".otf", ".ttf", ".woff", ".woff2"),
    }
)

# All files in folders with these names belong to pages.
_TEMPLATES, _STATIC = "templates", "static"

# How many times in a row a file may change, each within ROW_SECONDS of the last. If it changes more
# often, the app writes it while it answers, and pages would load again for ever.
MAX_IN_A_ROW = 10
ROW_SECONDS = 1.0

MAX_REMEMBERED = 1_000
"""How many of the files that change may be remembered to find those."""


class PageChange(msgspec.Struct, frozen=True):
    """What a save changes for pages: they have to load again (`reload`), or swap these files."""

    reload: bool = False
    paths: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.reload or bool(self.paths)

    def __or__(self, other: PageChange) -> PageChange:
        return PageChange(self.reload or other.reload, self.paths | other.paths)


def change_by(paths: Iterable[str]) -> PageChange:
    """Return what these saved files change for pages."""
    change = PageChange()
    for path in paths:
        name, folders = os.path.basename(path), path.split(os.sep)[:-1]
        suffix = os.path.splitext(name)[1].lower()
        is_swapped = suffix in _SWAPPED and _TEMPLATES not in folders
        is_part = suffix in _PARTS or _TEMPLATES in folders or _STATIC in folders
        if not (is_swapped or is_part) or _is_editor_file(name) or not os.path.isfile(path):
            continue
        change |= PageChange(reload=not is_swapped, paths=frozenset({path}))
    return change


def has_known_suffix(path: str) -> bool:
    """Whether the suffix is one of a page's files, so that no editor is about to rename it."""
    return os.path.splitext(path)[1].lower() in _SWAPPED | _PARTS


def _is_editor_file(name: str) -> bool:
    return name.startswith((".", "#")) or name.endswith(("~", ".swp", ".tmp", ".part", ".pyc"))


class WrittenByPages:
    """Find the files that the app writes each time it answers a page.

    Of the files that change, and of those found, the newest `MAX_REMEMBERED` are remembered.
    """

    def __init__(self) -> None:
        self._rows: dict[str, tuple[int, float]] = {}  # the last change is the last item
        self._found: dict[str, None] = {}

    def __len__(self) -> int:
        """Return how many files are remembered."""
        return len(self._rows | self._found)

    def without(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the other files, and the files that this change revealed."""
        now, saved, new = time.monotonic(), [], []
        for path in paths:
            count, last = self._rows.pop(path, (0, 0.0))
            count = count + 1 if now - last < ROW_SECONDS else 1
            self._rows[path] = count, now
            if path in self._found:
                self._found[path] = self._found.pop(path)
                continue
            if count > MAX_IN_A_ROW:
                self._found[path] = None
                new.append(path)
            else:
                saved.append(path)
        self._forget(now)
        return saved, new

    def _forget(self, now: float) -> None:
        """Forget the files whose next change begins a new row, and those that are too many."""
        while self._rows:
            path = next(iter(self._rows))
            if len(self._rows) <= MAX_REMEMBERED and now - self._rows[path][1] < ROW_SECONDS:
                break
            del self._rows[path]
        while len(self._found) > MAX_REMEMBERED:
            del self._found[next(iter(self._found))]
