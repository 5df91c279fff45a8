"""Read the config files: `devtui.toml` or `pyproject.toml`, and the user's own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from devtui import project_file
from devtui.config import trust
from devtui.text.paths import short_path
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.config.toml_lines import KeyPath

OWN_NAME = "devtui.toml"
SHARED_NAME = "pyproject.toml"
TABLE = ("tool", "devtui")
"""Where the settings stand in `pyproject.toml`."""

MAX_BYTES = 1024 * 1024
_MAX_QUOTED = 80

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_BARE_VALUE = re.compile(r"""\s*([\w.-]+)\s*=\s*([^\s"'\[\]{}#=][^\s"'\[\]{}#=]*)\s*(?:#.*)?""")


class ConfigError(Exception):
    """A mistake in a config file. The text is one sentence that names file and line."""


class ConfigFile(msgspec.Struct, frozen=True):
    """One file with settings. `within` is the key_path to its table of settings."""

    path: str
    settings: Mapping[str, Any]
    text: str
    within: tuple[str | int, ...] = ()

    @property
    def folder(self) -> str:
        """The folder to which the paths in the file are relative."""
        return os.path.dirname(self.path)

    def place(self, *key_path: str | int) -> str:
        """Return the file and line of a setting, or of the nearest table around it, for people."""
        from devtui.config.toml_lines import lines_of  # only a file with settings needs it

        lines = lines_of(self.text)
        wanted = (*self.within, *key_path)
        while wanted and wanted not in lines:
            wanted = wanted[:-1]
        return _place(self.path, lines.get(wanted, 1))

    def error(self, key_path: KeyPath, text: str) -> ConfigError:
        """Return the error about a setting."""
        return ConfigError(f"{self.place(*key_path)}: {text}")


class Found(msgspec.Struct, frozen=True):
    """The config files, the winning ones first, and notices about files that do not count."""

    files: tuple[ConfigFile, ...] = ()
    notices: tuple[str, ...] = ()
    own_path: str = ""
    """The user's own file, whether or not it exists."""


def find(folder: str, environment: Mapping[str, str], *, project: bool = True) -> Found:
    """Read the config of the nearest folder that has one, from `folder` up, and the user's own.

    Without `project` only the user's own. Skip files that belong to neither the user nor root.
    Raises `ConfigError`.
    """
    notices: list[str] = []
    nearest = _nearest(os.path.abspath(folder), notices) if project else None
    own = user_file(environment)
    files = [] if nearest is None else [nearest]
    if (found := _read_trusted(own, notices)) is not None:
        files.append(found)
    return Found(tuple(files), tuple(notices), own)


def given(path: str, environment: Mapping[str, str]) -> Found:
    """Read the file that the user names, whoever owns it, and the user's own after it.

    Raises `ConfigError`.
    """
    notices: list[str] = []
    path = os.path.abspath(path)
    try:
        text = _text(path)
    except OSError as error:
        raise ConfigError(_unreadable(path, error)) from None
    file = _parsed(path, text)
    if file is None:
        raise ConfigError(f"{_shown(path)} has no table [{'.'.join(TABLE)}]: add one.")
    own = user_file(environment)
    personal = _read_trusted(own, notices) if own != path else None
    files = (file,) if personal is None else (file, personal)
    return Found(files, tuple(notices), own)


def user_file(environment: Mapping[str, str]) -> str:
    """Return the path of the user's own file; a relative folder in the variable does not count."""
    named = environment.get("XDG_CONFIG_HOME", "")
    folder = named if os.path.isabs(named) else os.path.expanduser("~/.config")
    return os.path.join(folder, "devtui", "config.toml")


def _nearest(folder: str, notices: list[str]) -> ConfigFile | None:
    for place in project_file.and_above(folder):
        own = _read_trusted(os.path.join(place, OWN_NAME), notices)
        shared = _read_trusted(os.path.join(place, SHARED_NAME), notices)
        if own is not None and shared is not None:
            notices.append(
                f"{_shown(own.path)} is in force, and [tool.devtui] in {_shown(shared.path)} is "
                "not: keep one of them."
            )
        if own is not None or shared is not None:
            return own or shared
    return None


def _read_trusted(path: str, notices: list[str]) -> ConfigFile | None:
    """Return a file with settings, or None if there is none that counts."""
    if not os.path.isfile(path):
        return None
    shared = os.path.basename(path) == SHARED_NAME
    try:
        refused = trust.refusal(path, "devtui --config")
        if refused is not None:
            if not shared or b"devtui" in project_file.contents(path, MAX_BYTES)[0]:
                notices.append(refused)
            return None
        text = _text(path, trusted_only=True)
    except OSError as error:
        if shared:
            return None  # most of these files have no settings for devtui
        raise ConfigError(_unreadable(path, error)) from None
    return _parsed(path, text)


def _text(path: str, *, trusted_only: bool = False) -> str:
    data, info = project_file.contents(path, MAX_BYTES)
    if trusted_only and not trust.is_trusted(info):
        raise OSError(None, "another file replaced it in the meantime", path)
    if os.path.basename(path) == SHARED_NAME and b"devtui" not in data:
        return ""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{_place(path, line)}: the file is not UTF-8: save it as UTF-8."
        ) from None


def _unreadable(path: str, error: OSError) -> str:
    return f"devtui cannot read {_shown(path)}: {(error.strerror or 'an error').rstrip('.')}."


def _parsed(path: str, text: str) -> ConfigFile | None:
    """Return the settings in a text; None if a `pyproject.toml` has none of ours."""
    # Most projects have no file for it to read, and a start waits for every import.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    if not text and os.path.basename(path) == SHARED_NAME:
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(path, text, str(error))) from None
    except RecursionError:
        raise ConfigError(f"{_shown(path)} is nested too deeply to be read.") from None
    if os.path.basename(path) != SHARED_NAME:
        return ConfigFile(path, data, text)
    tools = data.get(TABLE[0])
    settings = tools.get(TABLE[1]) if isinstance(tools, dict) else None
    if settings is None:
        return None
    file = ConfigFile(path, settings, text, TABLE)
    if not isinstance(settings, dict):
        raise file.error((), "tool.devtui must be a table: write [tool.devtui] and settings below.")
    return file


def _syntax(path: str, text: str, message: str) -> str:
    """Say what is wrong with the syntax, and in which line."""
    found = _AT_LINE.search(message)
    lines = text.splitlines() or [""]
    number = int(found[1]) if found and found[1] else len(lines)
    what = _AT_LINE.sub("", message).rstrip(".")
    place = _place(path, number)
    line = lines[min(number, len(lines)) - 1]
    if text.startswith("\ufeff"):
        return f"{_place(path, 1)}: TOML has no byte order mark: save the file without one."
    if what == "Invalid value" and (bare := _BARE_VALUE.fullmatch(line)):
        name, value = bare[1], visible(bare[2], _MAX_QUOTED)
        lower = value.lower()
        correct = lower if lower in ("true", "false") else f'"{value}"'
        return f"{place}: {value} is not a TOML value: write {name} = {correct}"
    return f"{place}: this is not TOML: {visible(what[:1].lower() + what[1:], 200)}."


def _place(path: str, line: int) -> str:
    return f"{_shown(path)}, line {line}"


def _shown(path: str) -> str:
    return visible(short_path(path), 300)
