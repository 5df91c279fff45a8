"""The lines of a profile: the user's code as a tree, with the calls that each line made."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from devtui.dashboard.calls.call_lines import call_row, place_of_call, text_of_call
from devtui.dashboard.lists.sections import Line, Section
from devtui.dashboard.widgets.cells import Row, fit, right, row_width
from devtui.session.calls.grouping import CallGroup, groups_of
from devtui.session.profiles.own_tree import Path, Spent
from devtui.session.profiles.profiler import Profile
from devtui.session.store.one_call import OneCall, OneRepeat, frame_of_call
from devtui.text import formats, masking
from devtui.text.paths import package
from devtui.text.sanitize import visible

TITLE = "where the time went"
OTHER_CALLS = "calls from none of the lines above"

LEAST_SHARE = 0.005
"""Lines that take a smaller share of the time are one line together, until it is unfolded."""

OPEN_SHARE = 0.05
"""A line of the user's with at least this share is unfolded at first."""

_LEAST_TEXT = 24
_MOST_PLACE = 44
_MAX_INDENT = 40


class Fold(msgspec.Struct, frozen=True):
    """What enter folds or unfolds: the line at a path, or the `small` lines below it."""

    path: Path
    small: bool = False


SLOWER = 1.5
"""If the request takes this many times as long with the profiler, the summary says so."""


class ProfileLines:
    """Lay out a profile. `toggled` are the folds that the user has changed."""

    def __init__(self, profile: Profile, root: Spent) -> None:
        self.toggled: set[Fold] = set()
        self._profile = profile
        self._root = root
        # The threads ran at the same time, so theirs is not a part of the request's time.
        beside = sum(top.ms for top in root.below if top.is_threads)
        self._total = max(root.ms - beside, 0.001)
        finished = profile.request.finished
        self._calls = () if finished is None else finished.calls
        self._calls_of: dict[Path, list[CallGroup]] = {}
        self._other_calls: list[CallGroup] = []
        self._place_calls()

    def summary(self) -> str:
        """Return a line that says what was measured."""
        event = self._profile.event
        own = sum(top.ms for top in self._root.below if top.own)
        took, plain = formats.fine_duration(event.duration_ms), self._profile.plain_ms
        if plain is not None and event.duration_ms >= SLOWER * plain:
            took += f", without the profiler {formats.fine_duration(plain)}"
        parts = [
            took,
            f"your code and what it called {own / self._total:.0%}",
            formats.count(event.sample_count, "sample"),
        ]
        if event.left_out:
            parts.append(f"{formats.count(event.left_out, 'line')} too short to be kept")
        return " · ".join(parts)

    def sections(self, width: int) -> list[Section]:
        """Return the tree, and the calls that have no place in it."""
        lines = [Line([(self.summary(), "dim")])]
        if self._profile.event.reason:
            lines.append(Line([(self._profile.event.reason, "warn")]))
        lines += self._below(self._root, width)
        if self._root.self_ms >= self._total * LEAST_SHARE:
            head = self._head(self._root.self_ms, 0, "  ")
            lines.append(Line([*head, ("devtui's server, and the client", "dim")], None, 21))
        found = [Section(TITLE, lines, self.copied())]
        if self._other_calls:
            calls = [self._call(group, 0, width) for group in self._other_calls]
            found.append(Section(OTHER_CALLS, calls))
        return found

    def copied(self) -> str:
        """Return the whole tree as text, without the lines that took very little time."""
        return "\n".join([self.summary(), *self._texts(self._root, 0)])

    def can_fold(self, spent: Spent) -> bool:
        """Whether there is anything below the line."""
        return bool(spent.below or self._calls_of.get(spent.path))

    # -- the tree ------------------------------------------------------------------------------

    def _below(self, spent: Spent, width: int) -> Iterator[Line]:
        """Yield the lines below one: its calls, then its lines, the slowest first."""
        depth = len(spent.path)
        for group in self._calls_of.get(spent.path, ()):
            yield self._call(group, depth, width)
        small: list[Spent] = []
        for below in spent.below:
            if below.ms < self._total * LEAST_SHARE:
                small.append(below)
            else:
                yield from self._with_below(below, width)
        if small:
            fold = Fold(spent.path, small=True)
            shown = fold in self.toggled
            words = f"{formats.count(len(small), 'line')} below {LEAST_SHARE:.1%}"
            head = self._head(sum(one.ms for one in small), depth, "▾ " if shown else "▸ ")
            yield Line([*head, (words, "dim")], None, row_width(head), fold)
            for below in small if shown else ():
                yield from self._with_below(below, width)

    def _with_below(self, spent: Spent, width: int) -> Iterator[Line]:
        fold = Fold(spent.path)
        shown = self._is_open(spent)
        mark = "  " if not self.can_fold(spent) else "▾ " if shown else "▸ "
        head = self._head(spent.ms, len(spent.path) - 1, mark)
        row = [*head, *self._what(spent, width - row_width(head))]
        yield Line(row, spent.frame, row_width(head), fold)
        if shown:
            yield from self._below(spent, width)

    def _is_open(self, spent: Spent) -> bool:
        at_first = (spent.own or spent.is_threads) and spent.ms >= self._total * OPEN_SHARE
        return at_first is not (Fold(spent.path) in self.toggled)

    def _head(self, ms: float, depth: int, mark: str) -> Row:
        share = ms / self._total
        return [
            (right(f"{share:.1%}", 6), "accent" if share >= OPEN_SHARE else "dim"),
            ("  " + right(formats.fine_duration(ms), formats.DURATION_WIDTH) + "  ", "dim"),
            (" " * min(2 * depth, _MAX_INDENT) + mark, "dim"),
        ]

    def _what(self, spent: Spent, room: int) -> Row:
        """Return the line of code or the function, and its place if there is room."""
        file, line, function, own = spent.key
        if not own:
            where = package(file) if file else ""
            return [(fit(visible(function, 200), room), ""), (f"  {where}"[: max(room, 0)], "dim")]
        text = spent.source or function
        place = place_of_call(file, line, min(_MOST_PLACE, max(room // 3, 0)))
        where = f"{place} {visible(function, 100)}"
        if room - len(where) < 2 * _LEAST_TEXT:
            where = place
        rest = room - len(where) - 2
        if rest < _LEAST_TEXT:
            return [(fit(text, max(room, 8)), "strong")]
        return [(fit(visible(text, 300), rest), "strong"), ("  " + where, "info")]

    # -- calls ---------------------------------------------------------------------------------

    def _place_calls(self) -> None:
        """Put each group of calls below the line that made it, or the slowest of several."""
        lines: dict[tuple[str, int], Spent] = {}
        for spent in _own_lines(self._root):
            place = spent.key[:2]
            if place not in lines or lines[place].ms < spent.ms:
                lines[place] = spent
        for group in groups_of(self._calls):
            first = group.first
            # A template's line is not in a profile, but the line that rendered it is.
            places = [(first.file, first.line), *((f.file, f.line) for f in first.stack[::-1])]
            line = next((lines[place] for place in places if place in lines), None)
            if line is None:
                self._other_calls.append(group)
            else:
                self._calls_of.setdefault(line.path, []).append(group)

    def _call(self, group: CallGroup, depth: int, width: int) -> Line:
        request, first = self._profile.request, group.first
        head = self._head(group.duration_ms, depth, "  ")
        times = f"{group.count:,}" if group.count > 1 else ""
        row = [*head, *call_row(first, width - row_width(head), times=times)]
        target: object = OneRepeat(request, group)
        if group.count == 1:
            number = next(at for at, call in enumerate(self._calls) if call is first)
            target = OneCall(request, self._calls, number)
        return Line(row, frame_of_call(first), row_width(head), target)

    # -- text ----------------------------------------------------------------------------------

    def _texts(self, spent: Spent, depth: int) -> Iterator[str]:
        for group in self._calls_of.get(spent.path, ()):
            words = f"{group.count:,} × {text_of_call(group.first)}"
            yield self._text(group.duration_ms, depth, words)
        for below in spent.below:
            if below.ms < self._total * LEAST_SHARE:
                continue
            file, line, function, own = below.key
            words = f"{function}  {file}:{line}" if file else function
            source = f"  {below.source.strip()}" if own and below.source else ""
            yield self._text(below.ms, depth, words + source)
            yield from self._texts(below, depth + 1)

    def _text(self, ms: float, depth: int, words: str) -> str:
        head = "".join(text for text, _ in self._head(ms, depth, ""))
        return head + words


def title_of(profile: Profile) -> str:
    """Return the title of a profile's screen."""
    row = profile.request.row
    return visible(f"{row.method} {masking.target(row.target)}, profiled", 300)


def _own_lines(spent: Spent) -> Iterator[Spent]:
    for below in spent.below:
        if below.own:
            yield below
        if below.own or below.is_threads:
            yield from _own_lines(below)
