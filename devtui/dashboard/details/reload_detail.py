"""An opened reload: its cause, the time of each step, and the changes that were ignored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from devtui.dashboard.lists.sections import Detail, Line, Section, pairs, text_lines
from devtui.dashboard.panes.error_summary import error_sections, frame_lines
from devtui.dashboard.panes.rows import exit_words
from devtui.events import AppFailed, Frame, Reloaded, ServerExited
from devtui.session.reload.restart_loops import advice
from devtui.session.store.store import Reload
from devtui.text import formats
from devtui.text.sanitize import visible

FACT_WIDTH = 12
MAX_NAME = 300


def reload_detail(item: Reload, ignored: Mapping[str, str]) -> Detail:
    """Return the sections of an opened reload.

    `ignored` has the reason for each ignored file or folder, newest last.
    """
    when = f"{formats.clock_time(item.at)}  generation {item.generation}"
    match item:
        case Reloaded():
            sections = _reloaded(item)
            if ignored:
                sections.append(_ignored(ignored))
        case AppFailed():
            took = [("took", formats.duration(item.duration_ms))]
            sections = [
                Section("", text_lines(item.message, "bad")),
                Section("load", pairs(took, FACT_WIDTH)),
                *error_sections(item.error),
            ]
        case ServerExited():
            words = f"The server process ended by itself: {exit_words(item)}."
            sections = [Section("", [Line([(words, "bad")])])]
    return Detail(when, sections)


def _reloaded(item: Reloaded) -> list[Section]:
    general = [("cause", item.cause), ("took", formats.duration(item.duration_ms))]
    general.append(("standby", standby_words(item)))
    general += ahead_facts(item)
    if item.raw_count > 1:
        general.append(("file events", f"{item.raw_count:,}, merged into one reload"))
    section = Section("reload", pairs(general, FACT_WIDTH))
    if item.failed:
        note = "The new code did not load: every page shows its error until it is fixed."
        section.lines.append(Line([(note, "bad")]))
    if item.looping:
        section.lines.extend(text_lines(advice(item.looping), "warn"))
    sections = [section, Section("steps", pairs(steps(item), FACT_WIDTH))]
    files = [
        line
        for path in item.paths
        for line in frame_lines(Frame(file=path, line=1, function="", own=True))
    ]
    if files:
        sections.append(Section("files", files, "\n".join(item.paths)))
    if item.slowest:
        times = [
            (formats.duration(one.duration_ms), visible(one.module, MAX_NAME))
            for one in item.slowest
        ]
        sections.append(Section("slowest of your modules", pairs(times, FACT_WIDTH)))
    return sections


def steps(item: Reloaded) -> list[tuple[str, str]]:
    """Return the time of each step of a reload, in order."""
    found = [("seen", f"{formats.duration(item.seen_ms)} after it was written")]
    took = [
        ("stopped", item.stopped_ms),
        ("loaded", item.loaded_ms - item.stopped_ms),
        ("served", item.duration_ms - item.loaded_ms),
    ]
    found = found if item.seen_ms else []
    return found + [(name, formats.duration(max(0.0, time))) for name, time in took]


def ahead_facts(item: Reloaded) -> list[tuple[str, str]]:
    """Return what was done ahead of a reload, and the memory for it."""
    if not item.ahead_modules:
        return []
    done = f"{formats.count(item.ahead_modules, 'module')} in {formats.duration(item.ahead_ms)}"
    if item.loaded_ahead:
        until = item.ahead_until
        until = PurePath(until).name if PurePath(until).is_absolute() else until
        done += f", up to {visible(until, MAX_NAME)}" if until else ", the whole app"
    return [("ahead", done), ("memory", f"{formats.size(item.ahead_bytes)} for waiting processes")]


def standby_words(item: Reloaded) -> str:
    """Say whether a standby served the reload, and why it could not import everything ahead."""
    if item.standby:
        return f"partly warm: {item.stepped_back}" if item.stepped_back else "warm"
    return f"a fresh process: {item.stepped_back}" if item.stepped_back else "a fresh process"


def _ignored(ignored: Mapping[str, str]) -> Section:
    newest = list(ignored.items())[::-1]
    lines = [
        Line([(visible(path, MAX_NAME), ""), (f"  {visible(reason, MAX_NAME)}", "dim")])
        for path, reason in newest
    ]
    return Section("ignored changes", lines, "\n".join(path for path, _ in newest))
