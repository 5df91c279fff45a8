"""Read the words for yes and no in variables, as Flask and click do.

`flask run` reads `FLASK_DEBUG` with click, so `off`, `n` and `f` mean no. Flask itself takes every
word but three as yes: always in `FLASK_SKIP_DOTENV`, and in `FLASK_DEBUG` if there is no command
line.
"""

from __future__ import annotations

_YES = frozenset({"1", "true", "t", "yes", "y", "on"})
_NO = frozenset({"0", "false", "f", "no", "n", "off"})
_NO_TO_FLASK = frozenset({"0", "false", "no"})


def parse(text: str) -> bool | None:
    """Return the meaning of the text, or None if it is neither yes nor no."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO or not word else None


def is_flask_no(text: str) -> bool:
    """Whether Flask itself reads the text, which must not be empty, as no."""
    return text.lower() in _NO_TO_FLASK
