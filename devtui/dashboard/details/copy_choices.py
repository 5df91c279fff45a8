"""The choices of what to copy from a row, or from one line of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from devtui.dashboard.details.form import Field
from devtui.dashboard.details.row_detail import copied_call, copied_text, detail_of
from devtui.dashboard.lists.sections import Detail, ShownLine
from devtui.dashboard.messages import PaneItem
from devtui.dashboard.panes.error_summary import error_title, traceback_of
from devtui.events import Frame
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.one_call import OneCall, OneRepeat
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store

NAMES = {
    "general": "general facts",
    "caused by": "cause",
    "raised while handling": "exception",
    "slowest of your modules": "slowest modules",
    "written during": "request",
}
"""Nouns for the sections whose titles are not nouns, for toasts and choices."""


class CopyChoice(msgspec.Struct, frozen=True):
    """A text that can be copied, and its name.

    `preview` is shown in its place if it has secrets. `make` makes a text that takes some time.
    `why_not` is a sentence if it cannot be copied.
    """

    what: str
    text: str
    preview: str = ""
    make: Callable[[], str] | None = None
    why_not: str = ""

    @property
    def copied(self) -> str:
        """The text to copy."""
        return self.text if self.make is None else self.make()


def of_error(entry: ErrorEntry, frame: Frame | None = None) -> list[CopyChoice]:
    """Return the choices for an error, and for its selected frame if it is opened."""
    found = [CopyChoice("the traceback", traceback_of(entry.error))]
    found.append(CopyChoice("the message", error_title(entry.error)))
    if frame is not None:
        found.append(CopyChoice("the place", f"{frame.file}:{frame.line}"))
    return found


def of_row(item: PaneItem, store: Store, url: str) -> list[CopyChoice]:
    """Return the choices for a row of a pane; `url` is the app's."""
    if isinstance(item, ErrorGroup):
        return of_error(item.newest)
    text, what = copied_text(item, url)
    found = [CopyChoice(what, text)]
    if isinstance(item, Request):
        found.append(CopyChoice("the path", item.row.target.partition("?")[0]))
    found.append(CopyChoice("everything", whole(detail_of(item, store))))
    return found


def of_line(line: ShownLine | None, item: PaneItem, detail: Detail, url: str) -> list[CopyChoice]:
    """Return the choices for a line of an opened row, which `detail` shows."""
    found: list[CopyChoice] = []
    if line is not None:
        if isinstance(line.target, (OneCall, OneRepeat)):
            text, what = copied_call(line.target)
            found.append(CopyChoice(what, text))
        if isinstance(line.target, Field):
            name, value = line.target
            found.append(CopyChoice("the line", f"{name}: {value}"))
            found.append(CopyChoice("the value alone", value))
        elif not line.heading and line.row:
            found.append(CopyChoice("the line", "".join(text for text, _ in line.row).strip()))
        found.append(CopyChoice(section_name(line.section.title), line.section.text))
    found.append(CopyChoice("everything", whole(detail)))
    if isinstance(item, Request):
        text, what = copied_text(item, url)
        found.append(CopyChoice(what, text))
    return found


def section_name(title: str) -> str:
    """Return what a section is called in a sentence."""
    if title.startswith("compared with "):
        return "the comparison"
    title = title.partition(",")[0]  # the rest is a count
    return f"the {NAMES.get(title, title)}" if title else "the text"


def whole(detail: Detail) -> str:
    """Return all sections with their titles."""
    parts = [
        f"{section.title}\n{section.text}" if section.title else section.text
        for section in detail.sections
    ]
    return "\n\n".join([detail.title, *parts])
