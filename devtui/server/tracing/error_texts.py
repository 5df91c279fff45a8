"""Mask secrets in the errors of calls: databases and HTTP clients repeat what they were given."""

from __future__ import annotations

import re

from devtui.server.tracing.secret_places import concerns
from devtui.text import masking
from devtui.text.secrets import MASK, is_secret

# Values with the name of their column or key. If the error was cut, the name can be missing.
_NAMED = (
    # PostgreSQL: Key (email, password)=(a@b, hunter2) already exists.
    re.compile(
        r"\((?P<name>[^\n=]{1,300})\)=\((?P<value>.*?)"
        r"(?=\) (?:already exists|is not present|is still referenced|conflicts with)|\)?\.?\s*\Z)",
        re.DOTALL,
    ),
    # MySQL: Duplicate entry 'hunter2' for key 'users.password'
    re.compile(
        r"\b(?:entry|value:) \\?'(?P<value>.*?)(?:\\?' for (?:key|column) (?P<name>.{1,300})|…\Z)",
        re.DOTALL,
    ),
    # MongoDB: dup key: { password: "hunter2" }
    re.compile(
        r"\b(?P<name>[\w.]{1,100})['\"]?: (?P<quote>['\"])(?P<value>(?:\\.|(?!(?P=quote)).)*)",
        re.DOTALL,
    ),
)
# A whole row from PostgreSQL, whose columns the statement may not name.
_ROW = re.compile(r"(?<=Failing row contains \()(?:.*(?=\)\.\s*(?:\Z|\n[A-Z]))|.*)", re.DOTALL)
# Pieces of the statement with its values, and values without a column.
_REPEATED = re.compile(
    r"(?<=LINE \d: )(?:\.\.\.|[^\n]*')[^\n]*"
    r"|(?<=near ')[^\n]*'[^\n]*(?=' at line)|(?<=near \\')[^\n]*'[^\n]*(?=\\' at line)"
    r"|(?<=value: ')[^\n']*|(?<=[a-z]: \")[^\n\"]*"
)
_URL = re.compile(r"[^\s'\"<>()]+[?@][^\s'\"<>()]+")


def masked(error: str, statement: str) -> str:
    """Mask the values of secret keys, and if the statement names a secret, those without a key."""
    for pattern in _NAMED:
        error = pattern.sub(_by_name, error)
    error = _URL.sub(lambda url: masking.target(url[0]), _ROW.sub(MASK, error))
    return _REPEATED.sub(MASK, error) if concerns(statement) else error


def _by_name(found: re.Match[str]) -> str:
    if found["name"] is not None and not is_secret(found["name"]):
        return found[0]
    start, end = (at - found.start() for at in found.span("value"))
    return f"{found[0][:start]}{MASK}{found[0][end:]}"
