"""The message of a screen that asks what to copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from devtui.dashboard.lists.sections import Detail, ShownLine
from devtui.dashboard.messages import PaneItem
from devtui.events import Frame
from devtui.session.store.error_groups import ErrorEntry


@dataclass
class ChooseCopy(Message):
    """Ask what to copy from a row, or from a `line` of an opened row that shows `detail`.

    `shown` are the rows of the pane, and `frame` is the selected frame of an opened error.
    """

    item: PaneItem | ErrorEntry
    line: ShownLine | None = None
    detail: Detail | None = None
    shown: Sequence[PaneItem] = ()
    frame: Frame | None = None
