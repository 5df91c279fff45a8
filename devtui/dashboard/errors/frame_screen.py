"""The base of the screens that show frames: a headline, and frames to fold and open."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from devtui.dashboard.errors.frame_lines import Fold, Opened, Part, Spot
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import Section
from devtui.dashboard.messages import Edit
from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.dashboard.widgets.cells import fit
from devtui.dashboard.widgets.key_bar import KeyBar
from devtui.events import Frame

NO_FRAME = "No frame is selected."


class FrameScreen(OpenedScreen):
    """A headline above a list of frames. Keys act on the frame under the cursor."""

    def __init__(self, folds: set[str] | None = None) -> None:
        super().__init__(folds)
        self.opened = Opened()
        self.spot: Spot | None = None
        """The selected frame."""

    def compose(self) -> ComposeResult:
        """Yield the framed headline and list, the widgets below them, and the key bar."""
        with Vertical(id="frames", classes="pane -open"):
            yield Static(self.headline(), id="headline-of-frames", markup=False)
            yield self.list
            yield self.search.line
        yield from self.below()
        yield KeyBar()

    def below(self) -> list[Widget]:
        """Return the widgets below the frames."""
        return []

    def on_mount(self) -> None:
        """Focus the list."""
        self.list.focus()

    # -- for subclasses to define --------------------------------------------------------------

    def sections(self, width: int) -> list[Section]:
        """Return the lines to show."""
        raise NotImplementedError

    def headline(self) -> Content:
        """Return the headline."""
        raise NotImplementedError

    def title_of_frames(self) -> str:
        """Return the title in the border."""
        raise NotImplementedError

    def frame_at(self, spot: Spot) -> Frame | None:
        """Return the frame at a spot, if it is shown."""
        raise NotImplementedError

    # -- showing -------------------------------------------------------------------------------

    def look(self) -> None:
        """Lay everything out again; the cursor and the lines around it keep their places."""
        width = self.list.row_width
        if not width or not self.is_mounted:
            return
        title = fit(self.title_of_frames(), self.size.width - 8)
        frames = self.query_one("#frames")
        frames.border_title, frames.border_subtitle = Content(title), self.place or ""
        self.query_one("#headline-of-frames", Static).update(self.headline())
        first = len(self.list.matches) == 0
        at = self._place_of_cursor()
        height = self.list.cursor - self.list.scroll_offset.y
        self.opened.wanted = self.search.wanted
        self.show_sections(self.sections(width), width)
        index = self._index_of(*at) if at is not None else 0
        if first and self.spot is not None:
            # The list knows how far it can scroll only after the next layout.
            self.show_spot(self.spot)
            self.call_after_refresh(self.show_spot, self.spot)
            return
        self.list.scroll_to(y=max(index - height, 0), animate=False)
        self.list.select(index)
        self.search.again(move=False)

    def _place_of_cursor(self) -> tuple[object, int] | None:
        """Return the target of the cursor's line, and which of the target's lines it is."""
        line = self.list.item
        if line is None:
            return None
        index = self.list.cursor
        if line.target is None:
            return None, index
        start = index
        while start > 0 and self.list.matches[start - 1].target == line.target:
            start -= 1
        return line.target, index - start

    def _index_of(self, target: object, offset: int) -> int:
        matches = self.list.matches
        if target is None:
            return offset
        found = [index for index in range(len(matches)) if matches[index].target == target]
        return found[min(offset, len(found) - 1)] if found else 0

    def show_spot(self, spot: Spot) -> None:
        """Put the cursor on a frame's line of code, with all lines of the frame in view."""
        matches = self.list.matches
        found = [index for index in range(len(matches)) if matches[index].target == spot]
        if not found:
            return
        # Below the frame's place comes its line of code, alone or with the lines around it.
        hits = [index for index in found if self._leads_to_line(index)] or found[1:2] or found
        self.list.select(hits[0])
        self._bring_into_view(found[0], found[-1], hits[0])

    def show_whole(self, spot: Spot) -> None:
        """Bring as many lines of a frame into view as the cursor's line allows."""
        matches = self.list.matches
        found = [index for index in range(len(matches)) if matches[index].target == spot]
        if found:
            self._bring_into_view(found[0], found[-1], self.list.cursor)

    def _bring_into_view(self, first: int, last: int, cursor: int) -> None:
        """Scroll as little as possible to show these lines, at least the cursor's."""
        height, top = max(self.list.size.height, 1), self.list.scroll_offset.y
        top = min(max(top, last - height + 1), first)
        top = min(max(top, cursor - height + 1), cursor)
        self.list.scroll_to(y=top, animate=False, force=True)

    def _leads_to_line(self, index: int) -> bool:
        return any(text.startswith("❱") for text, _ in self.list.matches[index].row)

    @on(LineList.Changed)
    def _cursor_moved(self, event: LineList.Changed) -> None:
        if event.line_list is not self.list:
            return
        line = self.list.item
        target = None if line is None else line.target
        spot = target.spot if isinstance(target, Part) else target
        if isinstance(spot, Spot) and spot != self.spot:
            self.spot = spot
            self.spot_changed()
        self.refresh_bindings()

    def spot_changed(self) -> None:
        """Note that another frame is selected."""

    # -- commands ------------------------------------------------------------------------------

    @on(LineList.Opened)
    def _open_line(self, event: LineList.Opened) -> None:
        event.stop()
        target = event.item.target
        if event.item.heading:
            self.fold(event.item.section)
        elif isinstance(target, (Fold, Part)):
            self.opened.toggle(target)
            self.look()
        elif isinstance(target, Spot):
            self.open_spot(target)

    def open_spot(self, spot: Spot) -> None:
        """Open a frame on which enter was pressed."""
        frame = self.frame_at(spot)
        if frame is not None:
            self.app.post_message(Edit(frame))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key can work now; None greys it."""
        if action == "open_line":
            return self.list.has_focus
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        if action == "edit_row" and self._frame() is None:
            return NO_FRAME
        return super().why_not(action)

    def _frame(self) -> Frame | None:
        return None if self.spot is None else self.frame_at(self.spot)
