"""The README's commands, for the test that runs them and for `.ci/run`.

As a program it prints the one command that has the given word in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

_BLOCK = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```$", re.M | re.S)


def commands(text: str) -> list[str]:
    """The lines of the shell blocks, without prompts, comments and empty lines."""
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    stripped = (line.strip().removeprefix("$ ") for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]


def command_with(word: str) -> str:
    """The first of the README's commands that has this word in it.

    Raises `LookupError` if there is none.
    """
    for command in commands(README.read_text(encoding="utf-8")):
        if word in command.split():
            return command
    raise LookupError(f"no shell block of {README.name} has a command with the word {word!r}")


if __name__ == "__main__":
    print(command_with(sys.argv[1]))
