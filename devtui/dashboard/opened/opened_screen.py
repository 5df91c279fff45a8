"""The base of the screens that open something: lines in sections, which fold, and a search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from devtui.dashboard.keys.commands import KeyScope, bindings, in_force
from devtui.dashboard.keys.second_press import SecondPress, once_more
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.list_screen import ListScreen
from devtui.dashboard.lists.sections import Section, ShownLine, laid_out
from devtui.dashboard.messages import Open, Tell
from devtui.dashboard.opened.line_search import MarkedRows
from devtui.dashboard.opened.search import Search
from devtui.dashboard.widgets.cells import fit
from devtui.dashboard.widgets.key_bar import KeyBar
from devtui.dashboard.widgets.too_small import NeedsRoom
from devtui.session.store.one_call import AllRepeats
from devtui.session.store.ring import Ring

BESIDE_ROWS = 4
"""The columns of the frame's two borders, the space before a line, and the scrollbar."""

NO_MATCH = "The text is not in this row."


class OpenedScreen(NeedsRoom, ListScreen):
    """A list of lines in sections.

    `folds` has the names of folded sections. All opened rows share it: who folds a section in one
    row does not want to see it in the next.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("opened")]
    key_scopes: ClassVar[tuple[KeyScope, ...]] = ("opened",)

    def __init__(self, folds: set[str] | None = None) -> None:
        super().__init__()
        self._folds = folds if folds is not None else set()
        rows = MarkedRows()
        self.list: LineList[ShownLine] = LineList(Ring(1), rows, follow=False)
        self.search = Search(self.list, rows)
        self.search.line.display = False
        self.wrapped = True
        self.place: str | None = None
        """Which row of its list this is, for the lower border; None if that is not shown."""
        self._interrupts = SecondPress()

    # -- for subclasses to define --------------------------------------------------------------

    def look(self) -> None:
        """Show the changes; the cursor keeps its place."""
        raise NotImplementedError

    # -- showing -------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Yield the framed lines and the key bar."""
        with Vertical(id="detail", classes="pane -open"):
            yield self.list
            yield self.search.line
        yield KeyBar()

    @property
    def row_width(self) -> int:
        """The width of the lines; before the layout, the width that they will have."""
        return self.list.row_width or self.app.size.width - BESIDE_ROWS

    def show_title(self, title: str) -> None:
        """Show the title, and which row it is, in the frame."""
        frame = self.query_one("#detail")
        frame.border_title = Content(fit(title, self.size.width - 8))
        frame.border_subtitle = self.place or ""

    def show_place(self, place: str) -> None:
        """Show which row it is now."""
        if self.place is not None and place != self.place:
            self.place = place
            self.query_one("#detail, #frames").border_subtitle = place

    def on_resize(self) -> None:
        """Wrap the lines again, after the list has got its size."""
        self.call_after_refresh(self.look)

    def lay_out(self) -> None:
        """Wrap and fold the same lines again."""
        self.look()

    def show_sections(self, sections: Iterable[Section], width: int) -> None:
        """Show these sections, wrapped and folded."""
        shown = laid_out(sections, width, wrapped=self.wrapped, folds=self._is_folded)
        self.list.show_ring(shown)

    def first_line_of(self, name: str) -> int | None:
        """Return the index of the first line of the section with this name, if it is shown."""
        lines = self.list.matches.ring.items
        return next((at for at, it in enumerate(lines) if it.section.name == name), None)

    def _is_folded(self, section: Section) -> bool:
        return self.search.hides(section, section.name in self._folds)

    def fold(self, section: Section) -> None:
        """Fold a section, or show its lines again."""
        self._folds.symmetric_difference_update((section.name,))
        self.lay_out()
        self.list.select(self.first_line_of(section.name) or 0)

    # -- the search ----------------------------------------------------------------------------

    @on(Input.Changed)
    def _search_typed(self) -> None:
        self.lay_out()
        self.search.again(move=True)
        self.refresh_bindings()

    @on(Input.Submitted)
    def _search_kept(self) -> None:
        if self.search.wanted:
            self.list.focus()
        else:
            self.stop_searching()

    def stop_searching(self) -> None:
        """Forget the search, and fold again what it has unfolded."""
        self.search.close()
        self.lay_out()
        self.refresh_bindings()

    # -- commands ------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        if action == "next_match" and not self.search.found_any:
            no_search = f"There is no search: {in_force.key('search')} begins one."
            return NO_MATCH if self.search.wanted else no_search
        if action == "show_repeats" and isinstance(self.shows, AllRepeats):
            return "These are the repeats of all requests."
        return ""

    def action_show_repeats(self) -> None:
        """Show the repeated calls of all requests, the worst first."""
        self.app.post_message(Open(AllRepeats()))

    def action_back(self) -> None:
        """Stop searching, else go back to the screen below."""
        if self.search.is_open:
            self.stop_searching()
        else:
            self.leave()

    def action_interrupt_opened(self) -> None:
        """Copy the selection, else leave devtui at the second press: escape is for going back."""
        if self.get_selected_text():
            self.action_copy_text()
            return
        if self._interrupts.pressed():
            raise SkipAction  # the app's ctrl+c comes next
        self.app.post_message(Tell(once_more(f"{in_force.key('back')} goes back")))

    def action_open_line(self) -> None:
        """Fold the section, or open the line under the cursor."""
        self.list.action_open()

    def action_search(self) -> None:
        """Search for a text in the opened row."""
        self.search.open()

    def action_next_match(self, steps: int) -> None:
        """Go to the next match, or to the one before."""
        self.search.step(steps)

    def action_wrap(self) -> None:
        """Cut long lines, or wrap them again."""
        self.wrapped = not self.wrapped
        self.look()
