"""The keys of the commands: the defaults, those of a preset, or those of the config."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from msgspec import structs

from devtui.config.config_file import ConfigError
from devtui.config.preferences import KeyChoice, Preferences, meant, quoted
from devtui.dashboard.keys.commands import BY_NAME, COMMANDS, NO_KEY, Command, KeyScope

VIM: Mapping[str, tuple[str, ...]] = {
    "down": ("down", "j"),
    "up": ("up", "k"),
    "page-down": ("pagedown", "ctrl+d"),
    "page-up": ("pageup", "ctrl+u"),
    "last": ("end", "G"),
    "holders": ("K",),
}
"""The keys of `keys-preset = "vim"`; `k` is the holders' key by default."""

PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {"default": {}, "vim": VIM}

CONFIGURABLE: Mapping[str, Command] = {
    command.setting: command
    for command in COMMANDS
    if command.action and command.setting == command.name
}
"""The commands that the config can put on other keys, by their names there."""

_NAMED = (
    *("enter", "escape", "space", "backspace", "delete", "insert", "home", "end"),
    *("pageup", "pagedown", "up", "down", "left", "right", "tab"),
    *(f"f{number}" for number in range(1, 21)),
)
_FIXED = {
    "tab": "tab moves between panes and inputs",
    "shift+tab": "shift+tab moves between panes and inputs",
    "ctrl+c": "ctrl+c copies the selection, or leaves",
}
# Keys for which a terminal sends the same as for another key.
_SAME_IN_TERMINALS = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+[": "escape",
    "ctrl+h": "backspace",
}
# From names in Unicode to Textual's names, where they differ.
_OTHER_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
# The scopes whose commands each screen has, besides those of the app and its lists.
_SCREENS: tuple[tuple[KeyScope, ...], ...] = (
    ("main",),
    ("opened", "detail"),
    ("opened", "error"),
    ("opened", "stack"),
    ("opened", "profile"),
)


class Keyboard:
    """The keys in force. Raises `ConfigError` for a mistake in the config."""

    def __init__(self, chosen: Preferences) -> None:
        self._choices: dict[str, KeyChoice] = {}
        for choice in chosen.keys:
            _check_command(choice)
            self._choices[choice.command] = choice
        preset = PRESETS[chosen.preset]
        self._keys = {
            command.name: self._of(command, preset) for command in COMMANDS if command.action
        }
        self.custom = tuple(parse_key(one.key, one.place) for one in chosen.commands)
        """The keys of the custom commands, in their order."""
        for scopes in _SCREENS:
            self._check(scopes, chosen)

    def _of(self, command: Command, preset: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        choice = self._choices.get(command.setting)
        if choice is not None:
            own = command.keys.split(",")
            return tuple(parse_key(key, choice.place, own) for key in choice.keys)
        return preset.get(command.setting) or tuple(filter(None, command.keys.split(",")))

    def _check(self, scopes: tuple[KeyScope, ...], chosen: Preferences) -> None:
        """Raise `ConfigError` if a key has two commands on one screen, unless by default."""
        owners: dict[str, Command] = {}
        for command in COMMANDS:
            if command.scope not in ("app", "list", *scopes) or not command.action:
                continue
            for key in self._keys[command.name]:
                other = owners.setdefault(key, command)
                # An opened row's command may share its key with the app's command of the same name.
                if other.setting != command.setting and not _both_by_default(key, command, other):
                    self._complain(key, command, other)
        for key, custom in zip(self.custom, chosen.commands, strict=True):
            if key in owners:
                where = self._place_of(owners[key])
                raise ConfigError(
                    f"{custom.place}: {shown_key(key)} is the key of {_words(owners[key])}{where}: "
                    f"give one of them another key."
                )

    def _complain(self, key: str, command: Command, other: Command) -> None:
        """Raise `ConfigError` for the command to which the config gave the key."""
        if command.setting not in self._choices:
            command, other = other, command
        place = self._choices[command.setting].place if command.setting in self._choices else ""
        raise ConfigError(
            f"{place}: {shown_key(key)} is the key of {_words(other)}{self._place_of(other)}: "
            f"take another key for {command.setting}, or give {other.setting} another one."
        )

    def _place_of(self, command: Command) -> str:
        choice = self._choices.get(command.setting)
        return f" ({choice.place})" if choice is not None else ""

    # -- for the dashboard -------------------------------------------------------------------

    def keymap(self) -> dict[str, str]:
        """Return Textual's keymap: the commands whose keys are not the default ones."""
        return {
            name: ",".join(keys) or NO_KEY
            for name, keys in self._keys.items()
            if ",".join(keys) != BY_NAME[name].keys
        }

    def commands(self) -> tuple[Command, ...]:
        """Return every command with the keys that are in force."""
        return tuple(map(self._with_keys, COMMANDS))

    def _with_keys(self, command: Command) -> Command:
        if command.parts:
            parts = (self._with_keys(BY_NAME[name]) for name in command.parts)
            shown = " ".join(part.shown for part in parts if part.shown)
            return structs.replace(command, shown=shown)
        keys = self._keys.get(command.name)
        if keys is None or ",".join(keys) == command.keys:
            return command
        # A default key that it still has is shown as before.
        own = command.keys.split(",")
        shown = " ".join(command.shown if key == own[0] else shown_key(key) for key in keys)
        return structs.replace(command, keys=",".join(keys), shown=shown)


def _check_command(choice: KeyChoice) -> None:
    if choice.command in CONFIGURABLE:
        if not choice.keys and choice.command in ("leave", "back"):
            raise ConfigError(f"{choice.place}: {choice.command} needs a key.")
        return
    command = BY_NAME.get(choice.command)
    if command is not None and command.action:
        guess = f": write {command.setting}, which sets it everywhere."
    else:
        guess = meant(choice.command, CONFIGURABLE) or f": use one of {', '.join(CONFIGURABLE)}."
    raise ConfigError(f"{choice.place}: there is no command {quoted(choice.command)}{guess}")


def _both_by_default(key: str, one: Command, other: Command) -> bool:
    return all(key in command.keys.split(",") for command in (one, other))


def _words(command: Command) -> str:
    words = command.help[:1].lower() + command.help[1:]
    return f"{command.setting} ({words})" if words else command.setting


def parse_key(typed: str, place: str, own: Sequence[str] = ()) -> str:
    """Return Textual's name of a key as people write it: `R`, `shift+r`, `ctrl+r`, `?`, `f5`.

    `own` are the command's default keys, which it may always have. Raises `ConfigError`.
    """
    words = typed.strip() if typed != " " else "space"
    if len(words) == 1:
        name = _of_character(words)
    else:
        *modifiers, last = words.lower().rsplit("+", 1) if words[-1:] != "+" else [words]
        name = _combined(modifiers, last, words)
    if not name:
        guess = meant(words, [*_NAMED, *(f"ctrl+{one}" for one in "abcdefgjklnopqrstuvwxyz")])
        hint = guess or ": write a character, or a name such as f5, ctrl+r, shift+r or space."
        raise ConfigError(f"{place}: {quoted(typed)} is not a key{hint}")
    if name in own:
        return name
    if name in _FIXED:
        raise ConfigError(f"{place}: {_FIXED[name]}: take another key.")
    if words.lower() in _SAME_IN_TERMINALS:
        same = _SAME_IN_TERMINALS[words.lower()]
        raise ConfigError(f"{place}: a terminal sends {words.lower()} as {same}: take another key.")
    return name


def _combined(modifiers: list[str], last: str, words: str) -> str:
    names = sorted(modifiers[0].split("+")) if modifiers else []
    if not set(names) <= {"ctrl", "shift", "alt"} or len(set(names)) < len(names):
        return ""
    if len(last) == 1 and names == ["shift"]:
        return last.upper() if last.isalpha() else ""
    if len(last) == 1:
        # An upper-case letter with ctrl or alt is shift and the letter.
        return "+".join([*names, _of_character(words[-1] if names == ["alt"] else last)])
    return "+".join([*names, last]) if last in _NAMED else ""


def _of_character(character: str) -> str:
    if character.isalnum():
        return character
    if not character.isprintable():
        return ""
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _OTHER_NAMES.get(name, name)


def shown_key(key: str) -> str:
    """Return a key as people read it: `shift+r` for `R`, `?` for `question_mark`."""
    *modifiers, last = key.rsplit("+", 1)
    if len(last) == 1 and last.isupper() and not modifiers:
        return f"shift+{last.lower()}"
    return "+".join([*modifiers, _CHARACTERS.get(last) or _character(last)])


def _character(name: str) -> str:
    """Return the character with this name in Unicode; the name itself if it names a key."""
    if name in _NAMED:
        return name
    try:
        return unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return name


_CHARACTERS = {
    _of_character(character): character
    for character in map(chr, range(0x21, 0x7F))
    if not character.isalnum()
}
