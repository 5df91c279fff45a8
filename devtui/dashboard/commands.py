"""Every key command: bindings, footer, help and the command palette come from this table."""

from __future__ import annotations

from typing import Literal

import msgspec
from textual.binding import Binding

Place = Literal["app", "main", "opened", "detail", "error", "stack", "list"]


class Command(msgspec.Struct, frozen=True):
    """A command of the user.

    `keys` are Textual's names of the keys, separated by commas; `shown` is how people read them.
    `label` is the word in the footer; `rank` orders the footer by importance (0 first; None: not
    in the footer). `place` handles `action`. Lists bind their keys themselves; their commands are
    here for the help.
    """

    name: str
    keys: str
    shown: str
    label: str
    help: str
    action: str
    place: Place = "app"
    rank: int | None = None

    def binding(self) -> Binding:
        """Return the binding. Its id lets users assign other keys."""
        return Binding(self.keys, self.action, self.label, show=self.rank is not None, id=self.name)


COMMANDS: tuple[Command, ...] = (
    Command("restart", "r", "r", "restart", "Restart the server", "restart", rank=1),
    Command("restart-fresh", "R", "shift+r", "", "Restart from nothing", "restart_fresh"),
    Command("port", "p", "p", "port", "Change the port", "change_port", rank=2),
    Command("holders", "k", "k", "who?", "Who holds the port; stop it", "show_holders", rank=6),
    Command("browser", "o", "o", "browse", "Open the app in a browser", "open_browser", rank=3),
    Command("debug", "d", "d", "debug", "Debug mode on or off", "toggle_debug", rank=7),
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
    Command("hide", "h", "h", "hide", "Hide rows like this one", "hide", "main", 12),
    Command("hidden", "H", "shift+h", "", "Show and edit what is hidden", "show_hidden", "main"),
    Command("sort", "S", "shift+s", "", "Sort: slowest, largest, status, time", "sort", "main"),
    Command(
        "unfilter", "escape", "escape", "drop filter", "Drop the filter", "unfilter", "main", 3
    ),
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
    Command("error-editor", "e", "e", "edit", "Edit the file at the line", "edit_row", "error", 2),
    Command("error-copy", "y", "y", "copy", "Copy the traceback", "copy_row", "error", 3),
    Command("error-wrap", "w", "w", "wrap", "Cut or wrap long lines", "wrap", "error", 4),
    Command(
        "stop-evaluation", "ctrl+c", "ctrl+c", "", "Stop an evaluation", "stop_evaluation", "error"
    ),
    Command("stack-back", "escape", "escape", "back", "Back", "back", "stack", 0),
    Command("stack-unfold", "enter", "enter", "open", "Unfold frames", "open_line", "stack", 1),
    Command("stack-editor", "e", "e", "edit", "Edit the file at the line", "edit_row", "stack", 2),
    Command("stack-wrap", "w", "w", "wrap", "Cut or wrap long lines", "wrap", "stack", 4),
    Command("stack-copy", "y", "y", "copy", "Copy the stack", "copy_row", "stack", 3),
    Command("help", "question_mark", "?", "keys", "All keys", "help", rank=0),
    Command("palette", "ctrl+p", "ctrl+p", "", "Every command by name", "command_palette"),
    Command("leave", "q,ctrl+q", "q", "leave", "Leave", "quit", rank=0),
    Command("suspend", "ctrl+z", "ctrl+z", "", "To the shell; fg comes back", "suspend"),
    Command("interrupt", "ctrl+c", "ctrl+c", "", "Copy selection, else leave", "interrupt"),
    Command("move", "up,down", "↑ ↓", "", "Move the cursor", "", "list"),
    Command("page", "pageup,pagedown", "pgup pgdn", "", "Move by a screen", "", "list"),
    Command("ends", "home,end", "home end", "", "Oldest, newest and follow", "", "list"),
    Command("panes", "tab", "tab", "", "The next pane", "", "list"),
    Command("in-filter", "tab", "tab ctrl+↑", "", "In a filter: complete, recall", "", "list"),
)

BY_NAME: dict[str, Command] = {command.name: command for command in COMMANDS}


def bindings(place: Place) -> list[Binding]:
    """Return the bindings of one place."""
    return [command.binding() for command in COMMANDS if command.place == place]
