"""The keys that the config gives to commands."""

from __future__ import annotations

import string

import pytest
from textual.keys import _character_to_key

from devtui.config.config_file import ConfigError
from devtui.dashboard.keys.commands import BY_NAME, COMMANDS
from devtui.dashboard.keys.keyboard import CONFIGURABLE, PRESETS, Keyboard, parse_key, shown_key
from tests.support.config import preferences_of


def keys_of(text: str) -> dict[str, tuple[str, str]]:
    """Return the keys of each command, as Textual names them and as people read them."""
    commands = Keyboard(preferences_of(text)).commands()
    return {command.name: (command.keys, command.shown) for command in commands}


def test_characters_have_the_names_that_textual_gives_them() -> None:
    for character in string.ascii_letters + string.digits + string.punctuation + "äß€":
        assert parse_key(character, "") == _character_to_key(character), character
        if character not in string.ascii_uppercase:
            assert shown_key(parse_key(character, "")) == character


@pytest.mark.parametrize(
    ("typed", "name", "shown"),
    [
        ("shift+r", "R", "shift+r"),
        ("R", "R", "shift+r"),
        ("Ctrl+R", "ctrl+r", "ctrl+r"),
        ("F5", "f5", "f5"),
        ("shift+F5", "shift+f5", "shift+f5"),
        ("shift+ctrl+left", "ctrl+shift+left", "ctrl+shift+left"),
        (" ", "space", "space"),
        ("+", "plus", "+"),
        ("ctrl+/", "ctrl+slash", "ctrl+/"),
        ("alt+x", "alt+x", "alt+x"),
    ],
)
def test_keys_as_people_write_them(typed: str, name: str, shown: str) -> None:
    assert parse_key(typed, "") == name
    assert shown_key(name) == shown


@pytest.mark.parametrize("typed", ["", "xx", "ctrl+", "ctrl+ctrl+a", "hyper+a", "\t", "shift+1"])
def test_what_is_no_key(typed: str) -> None:
    with pytest.raises(ConfigError, match="is not a key"):
        parse_key(typed, "here")


def test_without_a_config_every_command_has_its_own_keys() -> None:
    keyboard = Keyboard(preferences_of(""))
    assert keyboard.keymap() == {}
    for command in keyboard.commands():
        if not command.parts:
            assert command == BY_NAME[command.name]


def test_each_command_takes_any_key_in_all_its_places() -> None:
    for name, command in CONFIGURABLE.items():
        found = keys_of(f"keys.{name} = ['f9', 'shift+f9']")
        for one in COMMANDS:
            expected = "f9,shift+f9" if one.setting == name and one.action else one.keys
            assert found[one.name][0] == expected, (name, one.name)
        assert command.setting == name


def test_commands_under_one_name_have_the_same_keys_and_never_share_a_place() -> None:
    for name, command in CONFIGURABLE.items():
        same = [one for one in COMMANDS if one.setting == name and one.action]
        assert {one.keys for one in same} == {command.keys}
        assert len({one.scope for one in same}) == len(same)


def test_the_ready_sets_conflict_with_nothing() -> None:
    for name, preset in PRESETS.items():
        assert preset.keys() <= CONFIGURABLE.keys()
        found = keys_of(f"keys-preset = '{name}'")
        for command, keys in preset.items():
            assert found[command][0] == ",".join(keys)
    assert found["move"][1] == "↑ k ↓ j"
    assert found["holders"] == ("K", "shift+k")


def test_commands_may_swap_their_keys() -> None:
    found = keys_of("[keys]\nrestart = 'p'\nport = 'r'")
    assert (found["restart"][0], found["port"][0]) == ("p", "r")


def test_a_key_of_another_place_is_free() -> None:
    assert keys_of("keys.filter = 'l'")["filter"] == ("l", "l")
    with pytest.raises(ConfigError, match="l is the key of locals"):
        keys_of("keys.restart = 'l'")
