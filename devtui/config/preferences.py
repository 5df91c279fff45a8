"""What the config says about the dashboard: theme, keys, hidden rows and custom commands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from devtui.config import shell_line
from devtui.config.config_file import ConfigFile, Found
from devtui.config.toml_lines import KeyPath
from devtui.filters.rule import MAX_RULES, parse_rule
from devtui.text.sanitize import visible

SETTINGS = ("theme", "keys-preset", "keys", "hidden", "commands")
"""The settings besides the options of the command line."""

PRESETS = ("default", "vim")
COMMAND_FIELDS = ("key", "name", "run", "in")
MAX_COMMANDS = 100
MAX_NAME = 60

_WITHOUT_QUOTES = re.compile(r"true|false|\d{1,10}(?:\.\d{1,10})?")

Where: TypeAlias = Literal["terminal", "background"]
_WHERE: tuple[Where, ...] = ("terminal", "background")


class KeyChoice(msgspec.Struct, frozen=True):
    """The keys that the config gives to a command; `place` is the file and line."""

    command: str
    keys: tuple[str, ...]
    place: str


class HiddenRule(msgspec.Struct, frozen=True):
    """A rule of the config that hides rows."""

    text: str
    place: str


class CustomCommand(msgspec.Struct, frozen=True):
    """A command of the user's: `run` is for the shell, in `folder`, empty for the working folder.

    `typed` is the line as it stands in the config.
    """

    key: str
    name: str
    typed: str
    run: shell_line.ShellLine
    where: Where
    place: str
    folder: str = ""


class Preferences(msgspec.Struct, frozen=True):
    """All of it, of every file. `notices` are about files that are not in force."""

    theme: str = ""
    theme_place: str = ""
    preset: str = "default"
    keys: tuple[KeyChoice, ...] = ()
    hidden: tuple[HiddenRule, ...] = ()
    commands: tuple[CustomCommand, ...] = ()
    notices: tuple[str, ...] = ()


def read(found: Found) -> Preferences:
    """Return what the files say; the first file that sets a thing wins. Raises `ConfigError`.

    The dashboard checks the names of commands, keys and the theme.
    """
    theme = place = ""
    preset = ""
    keys: dict[str, KeyChoice] = {}
    hidden: dict[str, HiddenRule] = {}
    commands: dict[str, CustomCommand] = {}
    for file in found.files:
        if "theme" in file.settings and not theme:
            theme, place = text_of(file, ("theme",)), file.place("theme")
        preset = preset or _preset(file)
        for choice in _keys(file):
            keys.setdefault(choice.command, choice)
        for rule in _hidden(file):
            hidden.setdefault(rule.text, rule)
        # The user's own commands run where devtui was started: they belong to no project.
        for command in _commands(file, "" if file.path == found.own_path else file.folder):
            commands.setdefault(_same(command.key), command)
    return Preferences(
        theme=theme,
        theme_place=place,
        preset=preset or "default",
        keys=tuple(keys.values()),
        hidden=tuple(hidden.values()),
        commands=tuple(commands.values()),
        notices=found.notices,
    )


def _preset(file: ConfigFile) -> str:
    if "keys-preset" not in file.settings:
        return ""
    name = text_of(file, ("keys-preset",))
    if name not in PRESETS:
        known = " or ".join(f'"{one}"' for one in PRESETS)
        raise file.error(("keys-preset",), f"there is no set of keys {quoted(name)}: use {known}.")
    return name


def _keys(file: ConfigFile) -> list[KeyChoice]:
    table = file.settings.get("keys", {})
    if not isinstance(table, dict):
        raise file.error(
            ("keys",), 'keys must be a table of commands: write keys.restart = "f5", for example.'
        )
    found = []
    for command, value in table.items():
        key_path = ("keys", command)
        keys = (
            (value,)
            if isinstance(value, str)
            else tuple(texts_of(file, key_path, "a key, or a list of keys"))
        )
        found.append(KeyChoice(command, keys, file.place(*key_path)))
    return found


def _hidden(file: ConfigFile) -> list[HiddenRule]:
    if "hidden" not in file.settings:
        return []
    found = []
    texts = texts_of(file, ("hidden",), "a list of rules")
    if len(texts) > MAX_RULES:
        raise file.error(("hidden",), f"hidden has more than {MAX_RULES} rules: leave out some.")
    for number, text in enumerate(texts):
        try:
            rule = parse_rule(text)
        except ValueError as error:
            raise file.error(("hidden", number), str(error)) from None
        found.append(HiddenRule(rule.text, file.place("hidden", number)))
    return found


def _commands(file: ConfigFile, folder: str) -> list[CustomCommand]:
    tables = file.settings.get("commands", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        title = ".".join([*map(str, file.within), "commands"])
        raise file.error(("commands",), f"commands must be tables: write [[{title}]] for each.")
    if len(tables) > MAX_COMMANDS:
        raise file.error(("commands",), f"there are more than {MAX_COMMANDS} commands.")
    found: list[CustomCommand] = []
    for number, table in enumerate(tables):
        command = _command(file, ("commands", number), table, folder)
        for other in found:
            if _same(other.key) == _same(command.key):
                raise file.error(
                    ("commands", number, "key"),
                    f"the key {quoted(command.key)} runs {other.name!r} already: take another one.",
                )
        found.append(command)
    return found


def _same(key: str) -> str:
    """Return the normal spelling of a key: `R` is `shift+r`, and `F5` is `f5`."""
    key = key.strip()
    if len(key) == 1:
        return f"shift+{key.lower()}" if key.isupper() else key
    if key[:-1].lower() == "alt+":
        return f"alt+{key[-1]}"  # here capitals are other keys
    *modifiers, last = key.lower().split("+")
    return "+".join([*sorted(modifiers), last])


def _command(
    file: ConfigFile, key_path: KeyPath, table: Mapping[str, Any], folder: str
) -> CustomCommand:
    for field in table:
        if field not in COMMAND_FIELDS:
            guess = meant(field, COMMAND_FIELDS)
            raise file.error((*key_path, field), f"a command has no {quoted(field)}{guess or '.'}")
    for field in ("key", "name", "run"):
        if field not in table:
            raise file.error(key_path, f'this command has no {field}: write {field} = "...".')
    key, name, run = (text_of(file, (*key_path, field)) for field in ("key", "name", "run"))
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise file.error(
            (*key_path, "name"), f"a command's name is one line of at most {MAX_NAME} characters."
        )
    if not run.strip() or "\0" in run:
        raise file.error(
            (*key_path, "run"), 'run must be a line for the shell, such as "make test".'
        )
    where = text_of(file, (*key_path, "in")) if "in" in table else _WHERE[0]
    for known in _WHERE:
        if where == known:
            break
    else:
        raise file.error(
            (*key_path, "in"), f'in is {quoted(where)}: use "terminal" or "background".'
        )
    try:
        line = shell_line.parse(run)
    except ValueError as error:
        raise file.error((*key_path, "run"), str(error)) from None
    return CustomCommand(key, name.strip(), run, line, known, file.place(*key_path), folder)


def text_of(file: ConfigFile, key_path: KeyPath) -> str:
    """Return a text of the file. Raises `ConfigError` for anything else."""
    value = _value(file, key_path)
    if not isinstance(value, str):
        raise file.error(key_path, wrong(str(key_path[-1]), "a text in quotes", value))
    return value


def texts_of(file: ConfigFile, key_path: KeyPath, what: str) -> list[str]:
    """Return a list of texts. Raises `ConfigError` for anything else."""
    value = _value(file, key_path)
    if not isinstance(value, list):
        raise file.error(key_path, wrong(str(key_path[-1]), f'{what}, such as ["a", "b"]', value))
    for number, one in enumerate(value):
        if not isinstance(one, str):
            raise file.error((*key_path, number), wrong(str(key_path[-1]), "a list of texts", one))
    return value


def _value(file: ConfigFile, key_path: Sequence[str | int]) -> Any:
    value: Any = file.settings
    for part in key_path:
        value = value[part]
    return value


def wrong(name: str, wanted: str, value: object) -> str:
    """Say that a value has the wrong type, and what to write if only the quotes are wrong."""
    name = visible(name, 60)
    hint = "."
    if isinstance(value, str) and _WITHOUT_QUOTES.fullmatch(value.lower()):
        hint = f": write {name} = {value.lower()}"
    return f"{name} must be {wanted}, not {described(value)}{hint}"


def described(value: object) -> str:
    """Describe a value for a sentence."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the text {quoted(value)}"
        case int() | float():
            return f"the number {visible(str(value), 40)}"
        case list():
            return "a list"
        case dict():
            return "a table"
    return "a date or time"


def quoted(text: str) -> str:
    """Quote a text of the file, for a sentence."""
    return f'"{visible(text, 60)}"'


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question about what the word may have meant; empty if nothing is like it."""
    found = difflib.get_close_matches(word.lower().replace("_", "-"), list(known), 1, 0.6)
    return f": did you mean {found[0]}?" if found else ""
