"""Recognise names of secrets, and mask their values until the user asks to see them."""

from __future__ import annotations

import re
from itertools import pairwise

MASK = "••••••••"

# Words of a name: `api_key`, `X-Api-Key` and `apiKey` all consist of the words "api key".
_SECRET_WORDS = {
    "pass", "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets",
    "token", "tokens", "key", "keys", "apikey", "authorization", "authentication", "auth", "cookie",
    "cookies", "credential", "credentials", "csrf", "jwt", "bearer", "otp", "pin", "sessionid",
    "sid",
}  # fmt: skip
# Parts of longer words: `dbpassword`, `accesstoken`, `secretkey`.
_SECRET_PARTS = (
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "authorization",
    "cookie",
    "sessionid",
)
# Words that mean a secret only side by side.
_SECRET_PAIRS = {("session", "id"), ("private", "pem"), ("signature", "base")}

# Keys whose value another value may name: `{"name": "password", "value": "hunter2"}`.
_VALUES = {"v", "val", "value"}

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


def is_secret(name: str) -> bool:
    """Whether a variable, a key, a header or a field of this name probably holds a secret.

    If in doubt, say yes: the user can reveal a value, but nobody can take back a secret that was
    on the screen.
    """
    name = name[:200]
    # Some write one word as two, as in `passWord`. So try it without a division at capitals too.
    return any(map(_have_secret, (words_of(name), _words(name))))


def names_secret(value: str) -> bool:
    """Whether a value is itself the name of a secret, as in `["password", "hunter2"]`.

    A longer text, or one with spaces, is not a name.
    """
    return len(value) <= 200 and " " not in value and is_secret(value)


def is_value(name: str) -> bool:
    """Whether a key or a column with this name has a value that another one names."""
    return not _VALUES.isdisjoint(words_of(name)[-1:])


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case."""
    return _words(_CAMEL.sub("_", name))


def _words(name: str) -> list[str]:
    return [word for word in _BETWEEN_WORDS.split(name.lower()) if word]


def _have_secret(words: list[str]) -> bool:
    if not _SECRET_WORDS.isdisjoint(words):
        return True
    if any(part in word for word in words for part in _SECRET_PARTS):
        return True
    return any(pair in _SECRET_PAIRS for pair in pairwise(words))


def shown(name: str, value: str, reveal: bool = False) -> str:
    """Return the value, or the mask if the name means a secret and `reveal` is false."""
    return MASK if not reveal and is_secret(name) else value
