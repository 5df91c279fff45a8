"""What the variables of Flask and ours say, in the words that Flask and its click take.

`flask run` reads `FLASK_DEBUG` by click's words, so `off`, `n` and `f` are a no. Where there is no
command line Flask reads it itself and takes all but three words for a yes, `FLASK_SKIP_DOTENV`
always so.
"""

from __future__ import annotations

_YES = frozenset({"1", "true", "t", "yes", "y", "on"})
_NO = frozenset({"0", "false", "f", "no", "n", "off"})
_NO_TO_FLASK = frozenset({"0", "false", "no"})


def parse(text: str) -> bool | None:
    """What the text says, or None where it says neither."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO or not word else None


def is_flask_no(text: str) -> bool:
    """Whether Flask itself takes the text, which is not empty, for a no."""
    return text.lower() in _NO_TO_FLASK
