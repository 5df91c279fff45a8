"""Show the differences between a request and the one that it repeats."""

from __future__ import annotations

import msgspec

from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.lists.sections import MAX_LINE, Line, Section
from devtui.dashboard.panes.rows import status_style, verdict_style
from devtui.dashboard.widgets.cells import Row
from devtui.session.replay.change import Change, Part
from devtui.session.replay.comparison import Comparison, total_words
from devtui.session.replay.ignores import WORDS
from devtui.session.replay.replays import Replays
from devtui.session.store.request_record import Request
from devtui.text import formats, masking
from devtui.text.formats import count
from devtui.text.sanitize import visible

_TITLES: dict[Part, str] = {
    "request": "changed request",
    "status": "status",
    "headers": "changed headers",
    "body": "changed body",
    "calls": "changed calls",
    "output": "changed output",
}
_WIDTH = 12


class IgnoredRule(msgspec.Struct, frozen=True):
    """The rule that a line shows."""

    rule: str


def compared_sections(request: Request, replays: Replays, reveal: bool) -> list[Section]:
    """Return the comparison with the request that this one repeats; nothing if it repeats none."""
    original_id = request.row.replay_of
    if not original_id or request.running:
        return []
    original, comparison = replays.original_of(request), replays.comparison(request)
    title = f"compared with {visible(original_id, 40)}"
    if original is None or comparison is None:
        gone = "the first answer is no longer kept, so nothing is compared"
        return [Section(title, [Line([(gone, "dim")], target=original)])]
    return [
        _summary(title, original, comparison),
        *_changes(comparison, reveal),
        *_ignored(comparison, replays),
    ]


def _summary(title: str, original: Request, found: Comparison) -> Section:
    row = original.row
    before = f"{row.method} {masking.target(row.target)}"
    lines = [
        _fact("now", found.verdict, verdict_style(found.verdict)),
        Line(
            [
                (f"{'before':<{_WIDTH}}", "info"),
                (f"{row.status or '✗'}  ", status_style(row.status)),
                (visible(before, MAX_LINE), ""),
                (f"  {formats.clock_time(row.at)}, generation {row.generation}", "dim"),
            ],
            indent=_WIDTH,
            target=original,
        ),
        _fact("time", _times(found)),
    ]
    if found.only_beginning:
        lines.append(_fact("body", "too large: not all of it was compared"))
    if found.call_totals:
        lines.append(_fact("calls", ", ".join(map(total_words, found.call_totals))))
    return Section(title, lines)


def _fact(name: str, value: str, style: str = "") -> Line:
    row: Row = [(f"{name:<{_WIDTH}}", "info"), (visible(value, MAX_LINE), style)]
    return Line(row, indent=_WIDTH)


def _times(found: Comparison) -> str:
    before, after = (formats.duration(one.duration_ms) for one in (found.before, found.after))
    return f"{before} -> {after}"


def _changes(found: Comparison, reveal: bool) -> list[Section]:
    sections = []
    for part, title in _TITLES.items():
        changes = found.of(part)
        if changes and part != "status":
            lines = [line for change in changes for line in _change(change, reveal)]
            sections.append(Section(title, lines))
    if found.left_out and sections:
        rest = f"… {count(found.left_out, 'more difference')}"
        sections[-1].lines.append(Line([(rest, "dim")]))
    return sections


def _change(change: Change, reveal: bool) -> list[Line]:
    before, after = change.values(reveal)
    lines = [Line([(visible(change.place, MAX_LINE), "info")], target=change)]
    for mark, value, style in (("- ", before, "bad"), ("+ ", after, "good")):
        if value is not None:
            row: Row = [(f"  {mark}", style), (visible(value, MAX_LINE), style)]
            lines.append(Line(row, indent=4, target=change))
    return lines


def _ignored(found: Comparison, replays: Replays) -> list[Section]:
    rules = replays.ignores.rules
    lines = [
        Line([(visible(WORDS.get(rule, rule), MAX_LINE), "dim")], target=IgnoredRule(rule))
        for rule in rules
    ]
    if replays.ignores.complaint:
        lines.append(Line([(visible(replays.ignores.complaint, MAX_LINE), "warn")]))
    key = in_force.key("ignore")
    lines.append(
        Line([(f"{key} adds the selected difference, or removes the rule selected here", "dim")])
    )
    aside = f"{found.ignored_count} here" if found.ignored_count else "none here"
    return [Section(f"ignored differences, {aside}", lines)]
