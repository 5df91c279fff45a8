"""Placeholders in lines for the shell: no value acts as code, wherever it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devtui.config.shell_line import VARIABLES, parse

HOSTILE = (
    "it's",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "$(touch pwned)",
    "`touch pwned`",
    "two\nlines\ntouch pwned\n",
    "; touch pwned",
    "| touch pwned &",
    "* ? [a-z] ~ $HOME ${HOME} \\ ",
    "-n",
    "{file} {url}",
    "EOF\ntouch pwned\nEOF",
    "",
    "ünïcode \u202e",
)

LINES = (
    "printf %s {url}",
    'set -- {url}; printf %s "$1"',
    "printf %s $(printf %s {url} | wc -c) >count; printf %s {url}",
    "true # it's {url}\nprintf %s {url}",
    "true \\' {url}; printf %s {url}",
    'printf "%s" {url}',
    "sh -c 'printf %s \"$DEVTUI_URL\"' x {url}",
)


@pytest.mark.parametrize("line", LINES)
def test_a_value_reaches_the_command_as_it_is(line: str, tmp_path: Path) -> None:
    for value in HOSTILE:
        parsed = parse(line)
        assert parsed.needs == ("url",)
        done = subprocess.run(
            ["/bin/sh", "-c", parsed.line],
            env={"PATH": "/usr/bin:/bin", VARIABLES["url"]: value},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            check=True,
            timeout=20,
        )
        assert done.stdout.decode() == value
        assert not (tmp_path / "pwned").exists()


def test_values_join_what_stands_beside_them() -> None:
    assert parse("x --at={file}:{line}").line == 'x --at="$DEVTUI_FILE":"$DEVTUI_LINE"'
    assert parse("x {file} {file}").needs == ("file",)


@pytest.mark.parametrize(
    "line",
    [
        "echo ${HOME} ${file}",
        "echo {a,b} {1..3}",
        "awk '{print}' x",
        "f() { ls; }; f",
        'echo "{x}"',
    ],
)
def test_what_is_the_shells_stays(line: str) -> None:
    assert parse(line).line == line


def test_doubled_braces_are_the_shells() -> None:
    assert parse("echo {{file}} '{{url}}'").line == "echo {file} '{url}'"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cat {path}", "{path} is not a placeholder: use {url}, {file}, {line}, {request_id}"),
        ("cat '{file}'", "write {file} outside of them"),
        ('cat "a {file}"', "or $DEVTUI_FILE within"),
        ("sh -c 'cat {file}'", "stands in quotes"),
        ('echo "a\\" {file}"', "stands in quotes"),
    ],
)
def test_what_cannot_be_filled_in_safely_is_refused(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"placeholder|quotes") as error:
        parse(line)
    assert said in str(error.value)
