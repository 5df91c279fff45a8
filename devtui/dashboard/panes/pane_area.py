"""The four panes one above the other, and the selected row beside them on a wide terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.widget import Widget

from devtui.dashboard.panes.pane import Pane
from devtui.dashboard.widgets.too_small import is_too_small

WIDE_FROM_WIDTH = 160
"""From this width on, the selected row is shown beside the panes."""

STACKED_FROM_HEIGHT = 32
"""From this height on, all panes show rows; in lower terminals only the open one does."""

ARRANGEMENTS = ("-tiny", "-accordion", "-stacked")


def arrangement_for(width: int, height: int) -> str:
    """Return the name of the panes' arrangement for a terminal of this size."""
    if is_too_small(width, height):
        return "-tiny"
    return "-stacked" if height >= STACKED_FROM_HEIGHT else "-accordion"


def arrange(screen: DOMNode, width: int, height: int) -> None:
    """Tell the screen's style sheet how panes are arranged in a terminal of this size."""
    wanted = arrangement_for(width, height)
    names = {name: name == wanted for name in ARRANGEMENTS}
    _set_classes(screen, {**names, "-wide": width >= WIDE_FROM_WIDTH})


def _set_classes(node: DOMNode, wanted: Mapping[str, bool]) -> None:
    """Set classes and update the styles once; Textual does so for each class and all widgets below.

    A node that is not mounted yet has no styles.
    """
    changed = [name for name, there in wanted.items() if there != node.has_class(name)]
    for name in changed:
        node.set_class(wanted[name], name, update=False)
    if changed and node.is_attached:
        node.app.update_styles(node)


class PaneArea(Horizontal):
    """Share the room among the panes: most for the open one, a line for each empty one."""

    def __init__(self, panes: Sequence[Pane[Any]], beside: Widget) -> None:
        """`beside` shows the selected row if the terminal is wide."""
        super().__init__(id="panes")
        self._panes = panes
        self._beside = beside
        self.open_pane = panes[0]
        """The pane with the most room, on whose rows the keys act."""
        self.zoomed = False
        """Whether the open pane has the whole area."""
        self._arranged: object = None

    def compose(self) -> ComposeResult:
        """Yield the panes, and the widget beside them."""
        self.share()
        yield Vertical(*self._panes, id="lists")
        yield self._beside

    def on_mount(self) -> None:
        """Give an empty pane more room once it has a row."""
        for pane in self._panes:
            self.watch(pane.list, "revision", self.share)

    def fit(self, width: int, height: int) -> None:
        """Arrange the panes for a terminal of this size."""
        arrange(self.screen, width, height)
        self.share()

    def open(self, pane: Pane[Any]) -> None:
        """Give a pane the most room."""
        self.open_pane = pane
        self.share()

    def zoom(self) -> None:
        """Give the open pane the whole area, or share it again."""
        self.zoomed = not self.zoomed
        self.share()

    @property
    def row_beside(self) -> bool:
        """Whether the selected row is shown beside the panes."""
        return self.screen.has_class("-wide") and not self.zoomed

    def share(self) -> None:
        """Share the room again if an empty pane got a row, or anything else has changed."""
        accordion = self.screen.has_class("-accordion")
        empty = tuple(not pane.list.matches.ring for pane in self._panes)
        wanted = (accordion, empty, self.open_pane, self.zoomed, self.row_beside)
        if wanted == self._arranged:
            return
        self._arranged = wanted
        _set_classes(self.screen, {"-zoomed": self.zoomed})
        self._beside.display = self.row_beside
        for pane, is_empty in zip(self._panes, empty, strict=True):
            is_open = pane is self.open_pane
            collapsed = (accordion or is_empty) and not is_open
            _set_classes(
                pane, {"-open": is_open, "-collapsed": collapsed, "-beside": self.row_beside}
            )
            if pane.is_attached:
                pane.look()
