"""Env files that python-dotenv would read for minutes: they are refused."""

from __future__ import annotations

import re

# Steps of python-dotenv's expressions; so many take it less than a second.
MAX_SPACE_STEPS = 50_000_000
MAX_NAME_STEPS = 5_000_000

_SPACES = re.compile(r"[^\S\r\n]+")


def why_too_slow(text: str) -> str | None:
    """What in an env file takes python-dotenv too long, in words; None if nothing does.

    From each space on it looks for a comment to the end of the spaces, and from each `${` on for
    the `}`: both take the square of the length.
    """
    if sum(len(spaces) ** 2 for spaces in _SPACES.findall(text)) > MAX_SPACE_STEPS:
        return "it has thousands of spaces in a row"
    if sum(part.count("${") * len(part) for part in text.split("}")) > MAX_NAME_STEPS:
        return "it has thousands of '${' without their '}'"
    return None
