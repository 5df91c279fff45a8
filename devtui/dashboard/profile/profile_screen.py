"""The screen of a profile."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from devtui.dashboard.availability import NO_PLACE, NO_ROW
from devtui.dashboard.details.copy_choices import CopyChoice
from devtui.dashboard.details.copy_dialog import CopyDialog
from devtui.dashboard.details.row_detail import copied_call
from devtui.dashboard.keys.commands import KeyScope, bindings
from devtui.dashboard.lists.line_list import LineList
from devtui.dashboard.lists.sections import Section
from devtui.dashboard.messages import Copy, GoTo, ProfileRequest, Tell
from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.dashboard.profile.export import NAME, save
from devtui.dashboard.profile.profile_lines import Fold, ProfileLines, title_of
from devtui.dashboard.replay.sends_again import SendsAgain
from devtui.dashboard.selection import Selection
from devtui.events import Frame
from devtui.session.profiles.own_tree import own_tree
from devtui.session.profiles.profiler import Profile
from devtui.session.profiles.speedscope import speedscope
from devtui.session.store.one_call import OneCall, OneRepeat

NO_NEIGHBOUR = "A profile has no row before or after it."


class ProfileScreen(SendsAgain, OpenedScreen):
    """Where the time of one request went. Keys act on the line under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("profile")]
    key_scopes: ClassVar[tuple[KeyScope, ...]] = ("opened", "profile")

    def __init__(self, profile: Profile, folds: set[str] | None = None) -> None:
        super().__init__(folds)
        self.profile = profile
        self._lines = ProfileLines(profile, own_tree(profile.event))

    @property
    def shows(self) -> object:
        """The profile."""
        return self.profile

    def on_mount(self) -> None:
        """Show the slowest line first."""
        self.look()
        self.list.select(2)
        self.list.focus()

    def look(self) -> None:
        """Lay everything out again; the cursor keeps its line."""
        width = self.row_width
        if width <= 0:
            return
        self.show_title(title_of(self.profile))
        line, index = self.list.item, self.list.cursor
        self.show_sections(self._sections(width), width)
        target = None if line is None else line.target
        shown = self.list.matches.ring.items
        at = next((at for at, it in enumerate(shown) if target and it.target == target), index)
        self.list.select(at)
        self.search.again(move=False)

    def _sections(self, width: int) -> list[Section]:
        return self._lines.sections(width)

    @on(LineList.Changed)
    def _cursor_moved(self) -> None:
        self.refresh_bindings()

    @on(LineList.Opened)
    def _open_line(self, event: LineList.Opened) -> None:
        event.stop()
        target = event.item.target
        if event.item.heading:
            self.fold(event.item.section)
        elif isinstance(target, Fold):
            self._lines.toggled ^= {target}
            self.look()
        elif isinstance(target, (OneCall, OneRepeat)):
            self.app.post_message(GoTo(target))

    # -- commands ------------------------------------------------------------------------------

    def selected(self) -> Selection:
        """Return the request and the place under the cursor, for custom commands."""
        request = self.profile.request
        return Selection(request, request.id, self._frame())

    def why_not(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can."""
        line = self.list.item
        match action:
            case "neighbour":
                return NO_NEIGHBOUR
            case "edit_row" if self._frame() is None:
                return NO_PLACE
            case "open_line" if line is None or not (line.heading or line.target):
                return "There is nothing below this line."
            case "copy_row" if line is None:
                return NO_ROW
        return self.why_not_send(action) or super().why_not(action)

    def _frame(self) -> Frame | None:
        line = self.list.item
        return None if line is None else line.frame

    def action_profile(self) -> None:
        """Profile the request again."""
        self.app.post_message(ProfileRequest(self.profile.request, again=True))

    def action_copy_row(self) -> None:
        """Copy the call under the cursor, else the profile."""
        line = self.list.item
        if line is not None and isinstance(line.target, (OneCall, OneRepeat)):
            self.app.post_message(Copy(*copied_call(line.target)))
        else:
            self.app.post_message(Copy(self._lines.copied(), "the profile"))

    def action_copy_choice(self) -> None:
        """Choose what to copy, or save the file for speedscope."""
        line = self.list.item
        exported = speedscope(self.profile.event, title_of(self.profile))
        choices = [CopyChoice("the profile", self._lines.copied())]
        if line is not None and not line.heading and line.row:
            text = "".join(text for text, _ in line.row).strip()
            choices.append(CopyChoice("the line", text))
        choices.append(CopyChoice(NAME, exported))
        self.app.push_screen(CopyDialog(choices), self._chosen)

    def _chosen(self, choice: CopyChoice | None) -> None:
        if choice is None:
            return
        if choice.what != NAME:
            self.app.post_message(Copy(choice.text, choice.what))
            return
        try:
            path = save(choice.text, self.profile.request.id)
        except OSError as error:
            self.app.post_message(
                Tell(f"The file could not be written: {error.strerror or error}.", "error")
            )
            return
        self.app.post_message(Tell(f"Open it at https://www.speedscope.app: {path}"))
        self.app.post_message(Copy(str(path), "the path of the file for speedscope"))
