"""A command whose options have their defaults in config files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import click

from devtui.cli.options import FOLDER, PREFERENCES, is_from_config
from devtui.config import config_file, preferences
from devtui.config.config_file import ConfigError, ConfigFile
from devtui.config.preferences import Preferences
from devtui.config.settings import UNIX_SCHEME
from devtui.text.sanitize import visible

TYPED_ONLY = frozenset({"config", "demo", "help", "stop", "version", "who", "yes"})
"""Options that do something once, which no file should do again and again."""

# Relative to the file that they stand in; a name that is no file there stays as it is.
_PATHS = frozenset({"env_file", "extra_files", "key"})
_PERHAPS_PATHS = frozenset({"cert", "python"})
# Options that take a list, and what separates its items on the command line.
_LISTS = {"extra_files": os.pathsep, "exclude_patterns": os.pathsep, "trusted_hosts": ","}


class ConfigMistake(click.ClickException):
    """A mistake in a config file, which counts as bad usage."""

    exit_code = 2


class ConfiguredCommand(click.Command):
    """Reads the config before the options, whose values it gives as their defaults.

    So the command line and variables win, and click checks the values as it checks typed ones.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with the config behind them."""
        if ctx.resilient_parsing:  # a shell completes
            return super().parse_args(ctx, args)
        typed: Mapping[str, Any] = self.make_parser(ctx).parse_args(args=list(args))[0]
        config = _Config(self, ctx)
        try:
            config.read(typed)
        except ConfigError as error:
            if not config.serves_nothing(typed):
                raise ConfigMistake(str(error)) from None
        try:
            rest = super().parse_args(ctx, args)
        except click.BadParameter as error:
            config.explain(error)
            raise
        config.settle()
        return rest


class _Config:
    """The config of one command line."""

    def __init__(self, command: click.Command, ctx: click.Context) -> None:
        self._ctx = ctx
        self._options = {
            name.removeprefix("--"): param
            for param in command.get_params(ctx)
            for name in param.opts
            if name.startswith("--")
        }
        self._sources: dict[str, tuple[ConfigFile, str]] = {}

    def read(self, typed: Mapping[str, Any]) -> None:
        """Find and read the files, and give their values to the context."""
        # The example ignores the folder that it is started in.
        demo = self._early("demo", typed)
        named = None if demo else self._early("config", typed)
        if named:
            found = config_file.given(named, os.environ)
        else:
            found = config_file.find(os.getcwd(), os.environ, project=not demo)
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
        _check_dashboard(chosen)
        self._ctx.meta[PREFERENCES] = chosen

    def serves_nothing(self, typed: Mapping[str, Any]) -> bool:
        """Whether --help or --version was typed, which work whatever the files say."""
        return any(
            name in self._options and self._options[name].name in typed
            for name in ("help", "version")
        )

    def _early(self, name: str, typed: Mapping[str, Any]) -> Any:
        """Return the value of an option that decides which files to read."""
        param = self._options.get(name)
        if param is None or param.name is None:
            return None
        if typed.get(param.name):
            return typed[param.name]
        return param.type_cast_value(self._ctx, param.value_from_envvar(self._ctx))

    def _options_in(self, file: ConfigFile) -> Iterator[tuple[str, Any]]:
        for name, value in file.settings.items():
            if name in preferences.SETTINGS:
                continue
            if name in TYPED_ONLY:
                raise file.error((name,), f"{name} is no setting: type devtui --{name}")
            if name not in self._options:
                raise file.error((name,), self._unknown(name, file))
            yield name, value

    def _unknown(self, name: str, file: ConfigFile) -> str:
        positive = name.removeprefix("no-").removeprefix("without-")
        for known in (positive, f"with-{positive}"):
            if known != name and known in self._options:
                return f"write {known} = false in place of {visible(name, 60)}."
        names = [*preferences.SETTINGS, *self._options]
        guess = preferences.meant(name, [one for one in names if one not in TYPED_ONLY])
        return f"there is no setting {preferences.quoted(name)}{guess or ': see devtui --help.'}"

    def explain(self, error: click.BadParameter) -> None:
        """Raise the error again with file and line, if the value came from a file."""
        param = error.param
        if param is None or param.name is None:
            return
        if param.name == "key" and "cert" in self._sources and self._from_file("cert"):
            self._raise("cert", 'cert and key belong together: write key = "PATH" too.')
        if self._from_file(param.name):
            self._raise(param.name, error.message)

    def settle(self) -> None:
        """Let what was typed win over a file where two options exclude each other."""
        params = self._ctx.params
        if params.get("plain") and params.get("as_json"):
            both = [name for name in ("plain", "as_json") if self._from_file(name)]
            if len(both) == 1:
                params[both[0]] = False
        if params.get("app") is None and self._from_file("app_option"):
            self._ctx.meta[FOLDER] = self._sources["app_option"][0].folder

    def _from_file(self, name: str) -> bool:
        return is_from_config(self._ctx, name)

    def _raise(self, name: str, message: str) -> NoReturn:
        file, written = self._sources[name]
        raise ConfigMistake(f"{file.place(written)}, {written}: {message}") from None


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


def _check_dashboard(chosen: Preferences) -> None:
    """Check what only the dashboard knows: names of commands, keys and themes."""
    if chosen.keys or chosen.commands or chosen.preset != "default":
        from devtui.dashboard.keyboard import Keyboard

        Keyboard(chosen)
    if chosen.theme:
        from devtui.dashboard.theme_names import check

        check(chosen.theme, chosen.theme_place)


def read_for_code(folder: str) -> Preferences:
    """Return the preferences for a program that calls `devtui.run`. Raises `ConfigError`."""
    named = os.environ.get("DEVTUI_CONFIG")
    found = config_file.given(named, os.environ) if named else config_file.find(folder, os.environ)
    chosen = preferences.read(found)
    _check_dashboard(chosen)
    return chosen
