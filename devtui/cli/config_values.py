"""Turn the values of config files into defaults of options, and check them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import click

from devtui.cli.certificate import has_file
from devtui.cli.options import FOLDER, PREFERENCES, is_from_config
from devtui.config import preferences
from devtui.config.config_file import TABLE, ConfigError, ConfigFile, Found
from devtui.config.preferences import Preferences
from devtui.config.settings import UNIX_SCHEME
from devtui.text.sanitize import visible

TYPED_ONLY = frozenset({"config", "demo", "help", "stop", "version", "who", "yes"})
"""Options that are for one run, so a file cannot set them."""

# Relative to the file that sets them.
_PATHS = frozenset({"env_file", "extra_files", "key"})
# Relative to it too if such a file exists; otherwise they are not paths.
_PERHAPS_PATHS = frozenset({"cert", "python"})
# Options that take a list, and what separates its items on the command line.
_LISTS = {"extra_files": os.pathsep, "exclude_patterns": os.pathsep, "trusted_hosts": ","}

# The table's name in pyproject.toml, as it may be written by mistake in devtui.toml.
_HEADING = (*TABLE, ".".join(TABLE))
_HEADING_HINT = (
    "the settings stand at the top of this file: write port = 8000 or [keys], without "
    f"{'.'.join(TABLE)} before it."
)


class ConfigValues:
    """The config of one command line."""

    def __init__(self, ctx: click.Context, options: Mapping[str, click.Parameter]) -> None:
        """`options` are the options by their long names, without dashes."""
        self._ctx = ctx
        self._options = options
        self._sources: dict[str, tuple[ConfigFile, str]] = {}

    def take(self, found: Found) -> None:
        """Give the values of the files to the context. Raises `ConfigError`."""
        defaults: dict[str, Any] = {}
        for file in found.files:
            for name, value in self._options_in(file):
                param = self._options[name]
                assert param.name is not None
                if param.name not in defaults:
                    defaults[param.name] = _as_typed(file, name, param, value)
                    self._sources[param.name] = (file, name)
        self._ctx.default_map = {**(self._ctx.default_map or {}), **defaults}
        chosen = preferences.read(found)
        check_dashboard(chosen)
        self._ctx.meta[PREFERENCES] = chosen

    def _options_in(self, file: ConfigFile) -> Iterator[tuple[str, Any]]:
        for name, value in file.settings.items():
            if name in preferences.SETTINGS:
                continue
            if name in TYPED_ONLY:
                raise file.error((name,), f"{name} is not a setting: type devtui --{name}")
            if name in _HEADING and isinstance(value, dict):
                raise file.error((name,), _HEADING_HINT)
            if name not in self._options:
                raise file.error((name,), self._unknown(name))
            yield name, value

    def _unknown(self, name: str) -> str:
        positive = name.removeprefix("no-").removeprefix("without-")
        for known in (positive, f"with-{positive}"):
            if known != name and known in self._options:
                return f"write {known} = false in place of {visible(name, 60)}."
        names = [*preferences.SETTINGS, *self._options]
        guess = preferences.meant(name, [one for one in names if one not in TYPED_ONLY])
        return f"there is no setting {preferences.quoted(name)}{guess or ': see devtui --help.'}"

    def explained(self, error: click.BadParameter) -> str:
        """Return the error with file and line; empty if the value did not come from a file."""
        param = error.param
        if param is None or param.name is None:
            return ""
        if param.name == "key" and not self._from_file("key") and self._from_file("cert"):
            return self._placed("cert", 'cert and key belong together: write key = "PATH" too.')
        if param.name == "key" and self._from_file("key") and not has_file(self._ctx):
            words = 'it needs the file of a certificate: write cert = "PATH" too.'
            return self._placed("key", words)
        return self.placed(param.name, error.message)

    def placed(self, name: str, message: str) -> str:
        """Return the message with file and line; empty if the value did not come from a file."""
        return self._placed(name, message) if self._from_file(name) else ""

    def settle(self) -> None:
        """Let what was typed win over a file where two options exclude each other.

        Raises `ConfigError` for a conflict that shows only in the values in force.
        """
        params = self._ctx.params
        if params.get("plain") and params.get("as_json"):
            both = [name for name in ("plain", "as_json") if self._from_file(name)]
            if len(both) == 1:
                params[both[0]] = False
            elif both:
                words = "plain and json exclude each other: keep one of them."
                raise ConfigError(self._placed("as_json", words))
        if params.get("app") is None and self._from_file("app_option"):
            self._ctx.meta[FOLDER] = self._sources["app_option"][0].folder

    def _from_file(self, name: str) -> bool:
        return is_from_config(self._ctx, name)

    def _placed(self, name: str, message: str) -> str:
        file, written = self._sources[name]
        return f"{file.place(written)}, {written}: {message}"


def _as_typed(file: ConfigFile, name: str, param: click.Parameter, value: Any) -> Any:
    """Return the value as the command line would give it. Raises `ConfigError`."""
    if isinstance(param, click.Option) and param.is_flag:
        if not isinstance(value, bool):
            raise file.error((name,), preferences.wrong(name, "true or false", value))
        return value
    if param.name in _LISTS:
        return _list(file, name, param.name, value)
    number = {"integer": "a whole number", "integer range": "a whole number"}
    kind = param.type.name
    if kind in number or kind.startswith("float"):
        wanted = number.get(kind, "a number")
        types = (int,) if kind in number else (int, float)
        if isinstance(value, bool) or not isinstance(value, types):
            raise file.error((name,), preferences.wrong(name, wanted, value))
        return value
    text = preferences.text_of(file, (name,))
    return _path(file, param.name or "", text)


def _list(file: ConfigFile, name: str, param: str, value: Any) -> str:
    separator = _LISTS[param]
    texts = value.split(separator) if isinstance(value, str) else None
    if texts is None:
        texts = preferences.texts_of(file, (name,), "a list of texts")
        for number, text in enumerate(texts):
            if separator in text:
                raise file.error(
                    (name, number), f"{name} cannot contain {separator!r}: make it two items."
                )
    return separator.join(_path(file, param, text) for text in texts if text)


def _path(file: ConfigFile, param: str, text: str) -> str:
    """Make a path absolute that is relative to the file."""
    if param == "host" and text.startswith(UNIX_SCHEME) and text != UNIX_SCHEME:
        path = text.removeprefix(UNIX_SCHEME)
        return f"{UNIX_SCHEME}{os.path.normpath(os.path.join(file.folder, path))}"
    path = os.path.normpath(os.path.join(file.folder, os.path.expanduser(text)))
    if param in _PATHS and text:
        return path
    return path if param in _PERHAPS_PATHS and os.path.exists(path) else text


def check_dashboard(chosen: Preferences) -> None:
    """Check what only the dashboard knows: names of commands, keys and themes."""
    if chosen.keys or chosen.commands or chosen.preset != "default":
        from devtui.dashboard.keys.keyboard import Keyboard

        Keyboard(chosen)
    if chosen.theme:
        from devtui.dashboard.theme_names import check

        check(chosen.theme, chosen.theme_place)
