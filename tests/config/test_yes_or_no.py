"""The words for yes and no, compared with click's and Flask's."""

from __future__ import annotations

import click
import pytest
from flask import helpers

from devtui.cli import run_in_code
from devtui.config import yes_or_no
from devtui.config.settings import Settings

WORDS = [
    *("1", "0", "yes", "no", "YES", "No", "true", "false", "True", "FALSE", "on", "off", "On"),
    *("OFF", "t", "f", "T", "F", "y", "n", "Y", "N", " 0 ", "off\n", " ", "2", "maybe", "none"),
]


@pytest.mark.parametrize("word", WORDS)
def test_the_words_are_those_of_click(word: str) -> None:
    try:
        expected: bool | None = click.BOOL.convert(word, None, None)
    except click.BadParameter:
        expected = None
    assert yes_or_no.parse(word) is expected


@pytest.mark.parametrize("word", WORDS)
def test_env_files_are_left_out_as_flask_leaves_them_out(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_SKIP_DOTENV", word)
    assert yes_or_no.is_flask_no(word) is helpers.get_load_dotenv()


@pytest.mark.parametrize("word", ["0", "off", "N", "f", "False"])
def test_a_program_that_calls_run_reads_the_same_words(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", word)
    monkeypatch.setenv("DEVTUI_PLAIN", word)
    assert run_in_code.default_debug(object(), Settings(load_dotenv=False)) is False
    assert run_in_code.is_set("DEVTUI_PLAIN") is False
