"""The command that opens a file at a line, in each editor's own way."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import PurePath

import msgspec

_GOTO = frozenset({"code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"})
_COLON = frozenset({"subl", "sublime_text", "zed", "zeditor"})
_LINE_OPTION = frozenset({"pycharm", "idea", "charm", "webstorm"})
_COLON_TERMINAL = frozenset({"hx", "helix"})
_GUI_PLUS = frozenset({"gvim", "mvim", "gedit", "gnome-text-editor", "xed", "pluma", "mousepad"})
_KDE = frozenset({"kate", "kwrite"})
_PLUS = frozenset(
    {
        "vi",
        "vim",
        "nvim",
        "view",
        "nano",
        "pico",
        "emacs",
        "emacsclient",
        "micro",
        "kak",
        "joe",
        "jed",
        "mg",
        "ne",
        "mcedit",
        "ed",
    }
)

# Suffixes that an editor's own program may have; with another one it is somebody's script.
_ENDINGS = frozenset(
    (*(".exe", ".cmd", ".bat", ".com", ".appimage"), *(".basic", ".tiny", ".nox", ".gtk", ".gtk3"))
)


class EditorCommand(msgspec.Struct, frozen=True):
    """What to run. `terminal` says that the editor needs the terminal until it ends."""

    arguments: tuple[str, ...]
    terminal: bool

    @property
    def name(self) -> str:
        """The editor's name."""
        return _name(self.arguments[0])


class NoEditor(Exception):
    """The variables name no editor; the text says what to set."""


def editor_command(file: str, line: int, environment: Mapping[str, str]) -> EditorCommand:
    """Return the command that opens `file` at `line` in $VISUAL, else $EDITOR.

    Raises `NoEditor` if neither is set to a command.
    """
    variable = "VISUAL" if environment.get("VISUAL", "").strip() else "EDITOR"
    value = environment.get(variable, "").strip()
    if not value:
        raise NoEditor("No editor is set: export VISUAL or EDITOR, for example EDITOR=nano.")
    try:
        base = shlex.split(value, posix=os.name != "nt")
    except ValueError as error:
        raise NoEditor(f"${variable} is {value!r}, which is not a command: {error}.") from error
    line = max(line, 1)
    name = _name(base[0])
    # A file whose name begins with a dash or a plus would be read as an option.
    file = os.path.join(os.curdir, file) if file.startswith(("-", "+")) else file
    return EditorCommand((*base, *_place(name, file, line)), not _graphical(name, base[1:]))


def _name(program: str) -> str:
    path = PurePath(program.lower())
    return path.stem if path.suffix in _ENDINGS else path.name


def _place(name: str, file: str, line: int) -> tuple[str, ...]:
    if name in _GOTO:
        return ("--goto", f"{file}:{line}")
    if name in _COLON or name in _COLON_TERMINAL:
        return (f"{file}:{line}",)
    if name in _LINE_OPTION or name in _KDE:
        return ("--line", str(line), file)
    if name in _PLUS or name in _GUI_PLUS:
        return (f"+{line}", file)
    return (file,)


def _graphical(name: str, options: list[str]) -> bool:
    if name in _GOTO or name in _COLON or name in _LINE_OPTION or name in _GUI_PLUS:
        return True
    if name in ("vim", "nvim") and "-g" in options:
        return True
    # emacsclient uses the terminal only with an option.
    terminal = {"-t", "-nw", "--tty", "--no-window-system"}
    return name in _KDE or (name == "emacsclient" and not terminal.intersection(options))
