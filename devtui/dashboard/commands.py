"""Every key command, once: bindings, footer, help and the command palette are made of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Place = Literal["app", "main", "detail", "list"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the user.

    `keys` are Textual's names of them, with commas between; `shown` is how people read them.
    `label` is the word in the footer, where `rank` orders the commands by how much they matter
    there (0 first; None: not in the footer). `place` is what handles `action`; the keys of a
    list are the list's own, and stand here to be told of.
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
        """The binding for its keys; its id lets users give it other keys."""
        return Binding(self.keys, self.action, self.label, show=self.rank is not None, id=self.name)


COMMANDS: tuple[Command, ...] = (
    Command("restart", "r", "r", "restart", "Restart the server", "restart", rank=1),
    Command("port", "p", "p", "port", "Change the port", "change_port", rank=2),
    Command("holders", "k", "k", "who?", "Who holds the port; stop it", "show_holders", rank=6),
    Command("browser", "o", "o", "browse", "Open the app in a browser", "open_browser", rank=3),
    Command("debug", "d", "d", "debug", "Debug mode on or off", "toggle_debug", rank=7),
    Command("requests", "1", "1", "", "Requests", "pane(1)", "main"),
    Command("log", "2", "2", "", "Log", "pane(2)", "main"),
    Command("reloads", "3", "3", "", "Reloads", "pane(3)", "main"),
    Command("errors", "4", "4", "", "Errors", "pane(4)", "main"),
    Command("open", "enter", "enter", "open", "Open the selected row", "open_row", "main", 4),
    Command("filter", "slash", "/", "filter", "Filter the pane", "filter", "main", 5),
    Command("follow", "f", "f", "follow", "Follow the newest again", "follow", "main", 8),
    Command("copy", "y", "y", "copy", "Copy the selected thing", "copy_row", "main", 9),
    Command("editor", "e", "e", "edit", "Edit the file at the line", "edit_row", "main", 10),
    Command("clear", "c", "c", "clear", "Clear the pane", "clear", "main", 11),
    Command(
        "unfilter", "escape", "escape", "drop filter", "Drop the filter", "unfilter", "main", 3
    ),
    Command("back", "escape", "escape", "back", "Back to the dashboard", "back", "detail", 0),
    Command("detail-copy", "y", "y", "copy", "Copy the section", "copy_row", "detail", 1),
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
    Command("help", "question_mark", "?", "keys", "All keys", "help", rank=0),
    Command("palette", "ctrl+p", "ctrl+p", "", "Every command by name", "command_palette"),
    Command("leave", "q,ctrl+q", "q", "leave", "Leave", "quit", rank=0),
    Command("interrupt", "ctrl+c", "ctrl+c", "", "Copy selection, else leave", "interrupt"),
    Command("move", "up,down", "↑ ↓", "", "Move the cursor", "", "list"),
    Command("page", "pageup,pagedown", "pgup pgdn", "", "Move by a screen", "", "list"),
    Command("ends", "home,end", "home end", "", "Oldest, newest and follow", "", "list"),
    Command("panes", "tab", "tab", "", "The next pane", "", "list"),
)

BY_NAME: dict[str, Command] = {command.name: command for command in COMMANDS}


def bindings(place: Place) -> list[Binding]:
    """The bindings of one place."""
    return [command.binding() for command in COMMANDS if command.place == place]
