"""Every key command: bindings, footer, help and the command palette come from this table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from textual.binding import Binding

NO_KEY = "no_key"
"""The binding of a command without a key: no key sends it."""

KeyScope = Literal["app", "main", "opened", "detail", "error", "stack", "profile", "list"]


class Command(msgspec.Struct, frozen=True):
    """A command of the user.

    `keys` are Textual's names of the keys, separated by commas; `shown` is how people read them.
    `label` is the word in the footer; `rank` orders the footer by importance (0 first; None: not
    in the footer). A screen of the `scope` handles `action`. Lists bind their keys themselves;
    their commands are here for the help.
    """

    name: str
    keys: str
    shown: str
    label: str
    help: str
    action: str
    scope: KeyScope = "app"
    rank: int | None = None
    parts: tuple[str, ...] = ()

    @property
    def setting(self) -> str:
        """The name of the command in the config; it covers the same command in several places."""
        return _SAME.get(self.name, self.name)

    @property
    def first(self) -> str:
        """The first of its keys, as people read it; empty if it has none."""
        return self.shown.partition(" ")[0]

    def binding(self) -> Binding:
        """Return the binding. Its id lets users assign other keys."""
        from textual.binding import Binding  # the command line reads this table without Textual

        keys = self.keys or NO_KEY
        return Binding(keys, self.action, self.label, show=self.rank is not None, id=self.name)


COMMANDS: tuple[Command, ...] = (
    Command("restart", "r", "r", "restart", "Restart the server", "restart", rank=1),
    Command("restart-fresh", "R", "shift+r", "", "Restart from nothing", "restart_fresh"),
    Command("port", "p", "p", "port", "Change the port", "change_port", rank=2),
    Command("holders", "k", "k", "who?", "Who holds the port; stop it", "show_holders", rank=6),
    Command("browser", "o", "o", "browse", "Open the app in a browser", "open_browser", rank=3),
    Command("debug", "d", "d", "debug", "Debug mode on or off", "toggle_debug", rank=7),
    Command("live", "b", "b", "", "Browser refresh on or off", "toggle_live"),
    Command("pin", "i", "i", "PIN", "Copy the debugger's PIN", "copy_pin"),
    Command("requests", "1", "1", "", "Requests", "pane(1)", "main"),
    Command("log", "2", "2", "", "Log", "pane(2)", "main"),
    Command("reloads", "3", "3", "", "Reloads", "pane(3)", "main"),
    Command("errors", "4", "4", "", "Errors", "pane(4)", "main"),
    Command("open", "enter", "enter", "open", "Open the selected row", "open_row", "main", 4),
    Command("filter", "slash", "/", "filter", "Filter the pane", "filter", "main", 5),
    Command("follow", "f", "f", "follow", "Follow the newest again", "follow", "main", 8),
    Command("unfold-row", "space", "space", "unfold", "Unfold a record", "unfold", "main", 9),
    Command("wrap", "w", "w", "wrap", "Wrap or cut long lines", "wrap", "main", 13),
    Command("copy", "y", "y", "copy", "Copy the selected thing", "copy_row", "main", 9),
    Command("copy-choice", "Y", "shift+y", "", "Choose what to copy", "copy_choice", "main"),
    Command("editor", "e", "e", "edit", "Edit the file at the line", "edit_row", "main", 10),
    Command("stack", "s", "s", "stack", "A running request's stack", "stack", "main", 12),
    Command("zoom", "z", "z", "zoom", "Zoom the pane, and back", "zoom", "main", 13),
    Command("clear", "c", "c", "clear", "Clear the pane", "clear", "main", 11),
    Command("send-again", "a", "a", "again", "Send the request again", "send_again", "main", 10),
    Command("edit-and-send", "A", "shift+a", "", "Change it, then send", "edit_and_send", "main"),
    Command("pin-request", "asterisk", "*", "pin", "Send it after every reload", "pin", "main", 14),
    Command("profile", "t", "t", "", "Profile: where the time went", "profile", "main"),
    Command("hide", "h", "h", "hide", "Hide rows like this one", "hide", "main", 12),
    Command("hidden", "H", "shift+h", "", "Show and edit what is hidden", "show_hidden", "main"),
    Command("sort", "S", "shift+s", "", "Sort: slowest, largest, calls, status", "sort", "main"),
    Command("pane-after", "", "", "tab does so too", "The pane after", "app.focus_next", "main"),
    Command(
        "pane-before",
        "",
        "",
        "shift+tab does so too",
        "The pane before",
        "app.focus_previous",
        "main",
    ),
    Command(
        "unfilter", "escape", "escape", "drop filter", "Drop the filter", "unfilter", "main", 3
    ),
    Command("opened-requests", "1", "1", "", "Requests", "pane(1)", "opened"),
    Command("opened-log", "2", "2", "", "Log", "pane(2)", "opened"),
    Command("opened-reloads", "3", "3", "", "Reloads", "pane(3)", "opened"),
    Command("opened-errors", "4", "4", "", "Errors", "pane(4)", "opened"),
    Command("opened-interrupt", "ctrl+c", "ctrl+c", "", "", "interrupt_opened", "opened"),
    Command("opened-repeats", "", "", "", "Repeated calls", "show_repeats", "opened"),
    Command("back", "escape", "escape", "back", "Back to the dashboard", "back", "detail", 0),
    Command("search", "slash", "/", "search", "Search in an opened row", "search", "opened", 4),
    Command("next-match", "n", "n", "next", "The next match", "next_match(1)", "opened", 6),
    Command("match-before", "N", "N", "", "The match before", "next_match(-1)", "opened"),
    Command(
        "row-after",
        "right_square_bracket",
        "]",
        "row after",
        "The row after",
        "neighbour(1)",
        "opened",
        7,
    ),
    Command(
        "row-before", "left_square_bracket", "[", "", "The row before", "neighbour(-1)", "opened"
    ),
    Command(
        "fold", "enter", "enter", "open", "Open a line; fold a section", "open_line", "detail", 2
    ),
    Command("detail-copy", "y", "y", "copy", "Copy the section", "copy_row", "detail", 1),
    Command("detail-choice", "Y", "shift+y", "", "Choose what to copy", "copy_choice", "detail"),
    Command(
        "detail-editor",
        "e",
        "e",
        "edit",
        "Edit the file at the line",
        "edit_row",
        "detail",
        2,
    ),
    Command("detail-error", "g", "g", "error", "Go to its error", "error", "detail", 3),
    Command("detail-send", "a", "a", "again", "Send it again", "send_again", "detail", 3),
    Command("detail-send-edited", "A", "shift+a", "", "Change it, send", "edit_and_send", "detail"),
    Command("detail-pin", "asterisk", "*", "pin", "Send it at every reload", "pin", "detail", 6),
    Command("detail-profile", "t", "t", "", "Profile it", "profile", "detail"),
    Command("ignore", "h", "h", "ignore", "Ignore this difference, or not", "ignore", "detail", 5),
    Command("detail-stack", "s", "s", "stack", "Where it is now", "stack", "detail", 4),
    Command("detail-wrap", "w", "w", "wrap", "Cut or wrap long lines", "wrap", "detail", 6),
    Command("detail-secrets", "m", "m", "secrets", "Show or mask secrets", "secrets", "detail", 5),
    Command("error-back", "escape", "escape", "back", "Back", "back", "error", 0),
    Command(
        "unfold",
        "enter",
        "enter",
        "open",
        "Unfold; a frame's locals",
        "open_line",
        "error",
        1,
    ),
    Command("locals", "l", "l", "locals", "A frame's local variables", "locals", "error", 1),
    Command("evaluate", "x", "x", "evaluate", "Evaluate in the frame", "evaluate", "error", 1),
    Command("secrets", "m", "m", "secrets", "Show or mask secrets", "secrets", "error", 2),
    Command("to-request", "g", "g", "request", "Go to its request, or back", "request", "error", 2),
    Command("error-send", "a", "a", "again", "Send it again", "send_again", "error", 5),
    Command("error-send-edited", "A", "shift+a", "", "Change it, send", "edit_and_send", "error"),
    Command("error-pin", "asterisk", "*", "", "Send it at every reload", "pin", "error"),
    Command("error-profile", "t", "t", "", "Profile it", "profile", "error"),
    Command("error-editor", "e", "e", "edit", "Edit the file at the line", "edit_row", "error", 2),
    Command("error-copy", "y", "y", "copy", "Copy the traceback", "copy_row", "error", 3),
    Command("error-choice", "Y", "shift+y", "", "Choose what to copy", "copy_choice", "error"),
    Command("error-wrap", "w", "w", "wrap", "Cut or wrap long lines", "wrap", "error", 4),
    Command(
        "stop-evaluation", "ctrl+c", "ctrl+c", "", "Stop an evaluation", "stop_evaluation", "error"
    ),
    Command("stack-back", "escape", "escape", "back", "Back", "back", "stack", 0),
    Command("stack-unfold", "enter", "enter", "open", "Unfold frames", "open_line", "stack", 1),
    Command("stack-editor", "e", "e", "edit", "Edit the file at the line", "edit_row", "stack", 2),
    Command("stack-wrap", "w", "w", "wrap", "Cut or wrap long lines", "wrap", "stack", 4),
    Command("stack-copy", "y", "y", "copy", "Copy the stack", "copy_row", "stack", 3),
    Command("profile-back", "escape", "escape", "back", "Back", "back", "profile", 0),
    Command("profile-fold", "enter", "enter", "fold", "Fold or unfold", "open_line", "profile", 1),
    Command("profile-editor", "e", "e", "edit", "Edit the file", "edit_row", "profile", 2),
    Command("profile-copy", "y", "y", "copy", "Copy the profile", "copy_row", "profile", 3),
    Command(
        "profile-choice", "Y", "shift+y", "export", "Copy or export", "copy_choice", "profile", 3
    ),
    Command("profile-again", "t", "t", "again", "Profile it again", "profile", "profile", 4),
    Command("profile-wrap", "w", "w", "wrap", "Cut or wrap long lines", "wrap", "profile", 5),
    Command("repeats", "", "", "N+1 in all requests", "Repeated calls", "show_repeats", "main"),
    Command("theme", "", "", "Change the colours", "Theme", "change_theme"),
    Command("choose-app", "", "", "Serve another app of this folder", "Which app", "choose_app"),
    Command("help", "question_mark", "?", "keys", "All keys", "help", rank=0),
    Command("palette", "ctrl+p", "ctrl+p", "", "Every command by name", "command_palette"),
    Command("leave", "q,ctrl+q", "q", "leave", "Leave", "quit", rank=0),
    Command("suspend", "ctrl+z", "ctrl+z", "", "To the shell; fg comes back", "suspend"),
    Command("interrupt", "ctrl+c", "ctrl+c", "", "Copy selection, else leave", "interrupt"),
    Command("move", "", "", "", "Move the cursor", "", "list", parts=("up", "down")),
    Command("page", "", "", "", "Move by a screen", "", "list", parts=("page-up", "page-down")),
    Command("ends", "", "", "", "Oldest, newest and follow", "", "list", parts=("first", "last")),
    Command(
        "folds", "", "", "", "Fold, unfold a record", "", "list", parts=("fold-line", "unfold-line")
    ),
    Command("up", "up", "↑", "", "", "move(-1)", "list"),
    Command("down", "down", "↓", "", "", "move(1)", "list"),
    Command("page-up", "pageup", "pgup", "", "", "page(-1)", "list"),
    Command("page-down", "pagedown", "pgdn", "", "", "page(1)", "list"),
    Command("first", "home", "home", "", "", "first", "list"),
    Command("last", "end", "end", "", "", "last", "list"),
    Command("unfold-line", "right", "→", "", "", "unfold(True)", "list"),
    Command("fold-line", "left", "←", "", "", "unfold(False)", "list"),
    Command("panes", "tab", "tab", "", "The next pane", "", "list"),
    Command("in-filter", "tab", "tab ctrl+↑", "", "In a filter: complete, recall", "", "list"),
)

_SAME = {
    **dict.fromkeys(("fold", "unfold", "stack-unfold", "profile-fold"), "open"),
    **dict.fromkeys(("error-back", "stack-back", "profile-back"), "back"),
    **dict.fromkeys(("detail-copy", "error-copy", "stack-copy", "profile-copy"), "copy"),
    **dict.fromkeys(("detail-editor", "error-editor", "stack-editor", "profile-editor"), "editor"),
    **dict.fromkeys(("detail-wrap", "error-wrap", "stack-wrap", "profile-wrap"), "wrap"),
    **{f"opened-{pane}": pane for pane in ("requests", "log", "reloads", "errors")},
    "opened-interrupt": "interrupt",
    "opened-repeats": "repeats",
    "detail-choice": "copy-choice",
    "error-choice": "copy-choice",
    "profile-choice": "copy-choice",
    "detail-profile": "profile",
    "error-profile": "profile",
    "error-send": "send-again",
    "error-send-edited": "edit-and-send",
    "error-pin": "pin-request",
    "profile-again": "profile",
    "detail-error": "to-request",
    "detail-secrets": "secrets",
    "detail-pin": "pin-request",
    "detail-send": "send-again",
    "detail-send-edited": "edit-and-send",
    "detail-stack": "stack",
}
"""From commands that do the same in another place to the name that the config uses."""

BY_NAME: dict[str, Command] = {command.name: command for command in COMMANDS}


class CommandsInForce:
    """The commands with their present keys, in the dashboard of this process."""

    def __init__(self) -> None:
        self._by_name = BY_NAME

    def use(self, commands: Iterable[Command]) -> None:
        """Use these commands from now on."""
        self._by_name = {command.name: command for command in commands}

    def __iter__(self) -> Iterator[Command]:
        """Yield all commands, in the order of the table."""
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Command:
        """Return the command with this name."""
        return self._by_name[name]

    def key(self, name: str) -> str:
        """Return the first key of a command, for a sentence."""
        return self._by_name[name].first or "the palette"


in_force = CommandsInForce()


def bindings(scope: KeyScope) -> list[Binding]:
    """Return the bindings of one scope."""
    return [one.binding() for one in COMMANDS if one.scope == scope and one.action]
