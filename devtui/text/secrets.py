"""Which names promise a secret, and what is shown in place of one until somebody asks."""

from __future__ import annotations

import re
from itertools import pairwise

MASK = "••••••••"

# Parts of a name; `api_key`, `X-Api-Key` and `apiKey` all come down to the words "api key".
_SECRET_WORDS = {
    "password", "passwords", "passwd", "passphrase", "pwd", "secret", "secrets", "token", "tokens",
    "key", "keys", "apikey", "authorization", "authentication", "auth", "cookie", "cookies",
    "credential", "credentials", "csrf", "jwt", "bearer", "otp", "pin", "sessionid", "sid",
}  # fmt: skip
# Where one of these stands at the end of a longer word: `dbpassword`, `accesstoken`, `secretkey`.
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
# Words that name a secret together only.
_SECRET_PAIRS = {("session", "id"), ("private", "pem"), ("signature", "base")}

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


def is_secret(name: str) -> bool:
    """Whether a variable, a key, a header or a field of this name probably holds a secret.

    It errs on the safe side: one asks to see what was masked for nothing, and nobody can take
    back what a screen has shown.
    """
    words = [word for word in _BETWEEN_WORDS.split(_CAMEL.sub("_", name[:200]).lower()) if word]
    if not _SECRET_WORDS.isdisjoint(words):
        return True
    if any(part in word for word in words for part in _SECRET_PARTS):
        return True
    return any(pair in _SECRET_PAIRS for pair in pairwise(words))


def shown(name: str, value: str, reveal: bool = False) -> str:
    """The value, or the mask where the name promises a secret and nobody asked to see it."""
    return MASK if not reveal and is_secret(name) else value
