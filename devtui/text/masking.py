"""Mask secrets in request targets, bodies and log lines, judging by the names of the values.

The texts are untrusted, so each function reads its text once, from left to right.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

from devtui.text.json_names import JsonNames, decoded
from devtui.text.secrets import MASK, is_secret
from devtui.text.sgr import plain

MAX_NAME = 400
NESTED = 2
"""How deep to look into a value that is itself a query, a URL or JSON."""

_USER = re.compile(r"\A([a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^/?#@:\s]{0,200}:)[^/?#\s]*@")
_LOGGED = re.compile(
    r"\b((?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT) )([^\s\"']{1,10000})"
)
_JSON = re.compile(
    r'"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z)'  # a string, or its beginning
    r"|[{}\[\],:]|[^\s\"{}\[\],:]+",
    re.DOTALL,
)
# A string, or its beginning without half an escape.
_STRING = re.compile(r'"(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*')
_UNTOLD = ('""', "null", "true", "false")
# CDATA, a comment, a tag, or text. One that is cut off reaches to the end.
_XML = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*(?:>|\Z)|[^<]+|<", re.DOTALL
)
_TAG_NAME = re.compile(r"</?([^\s<>/!?]{1,400})")
_ATTRIBUTE = re.compile(r"""(?<=\s)([^\s=<>"'/]{1,400})(\s*=\s*)("[^"]*(?:"|\Z)|'[^']*(?:'|\Z))""")
_PART_NAME = re.compile(r'\bname="([^"\r\n]{0,400})"', re.IGNORECASE)


def target(text: str, reveal: bool = False) -> str:
    """Mask a request's target or a URL: the values in the query, the password before the host."""
    return text if reveal else _target(text, NESTED)


def in_log(text: str, reveal: bool = False) -> str:
    """Mask the targets in a line of an access log. Other text in a log is up to the app.

    If anything is masked, remove the line's colours: a sequence could stand within a name.
    """
    if reveal or ("?" not in text and "@" not in text):
        return text
    uncoloured = plain(text)
    masked = _LOGGED.sub(lambda found: found[1] + _target(found[2], NESTED), uncoloured)
    return text if masked == uncoloured else masked


def parameters(pairs: list[tuple[str, str]], reveal: bool = False) -> list[tuple[str, str]]:
    """Mask the decoded names and values of a query or a form."""
    if reveal:
        return pairs
    return [(name, MASK if _secret(name) else _nested(value, NESTED)) for name, value in pairs]


def body(text: str, content_type: str, reveal: bool = False) -> str:
    """Mask secrets in the body of a request or a response, or in the beginning of one.

    Forms, JSON and XML are read; other bodies are returned unchanged.
    """
    kind = content_type.lower()
    if reveal or not text:
        return text
    if "multipart/" in kind:
        return _multipart(text)
    if "x-www-form-urlencoded" in kind:
        return _form(text, NESTED)
    if "json" in kind or may_be_json(text):
        return _json(text, NESTED)
    if "xml" in kind:
        return _xml(text)
    return text if kind else _form(text, NESTED)


def may_be_json(text: str) -> bool:
    """Whether a text begins as a list or an object of JSON, perhaps after a byte order mark."""
    return text.lstrip(" \t\r\n\ufeff")[:1] in ("{", "[")


def _secret(name: str) -> bool:
    if len(name) > MAX_NAME:
        name = f"{name[: MAX_NAME // 4]}_{name[-MAX_NAME // 4 :]}"
    return is_secret(name)


def _target(text: str, depth: int) -> str:
    if "@" in text:
        text = _USER.sub(rf"\g<1>{MASK}@", text)
    marks = [at for at in (text.find("?"), text.find("#")) if at >= 0]
    if not marks:
        return text
    start = min(marks) + 1
    return text[:start] + _form(text[start:], depth)


def _form(text: str, depth: int) -> str:
    return "&".join(_field(field, depth) for field in text.split("&"))


def _field(field: str, depth: int) -> str:
    name, equals, value = field.partition("=")
    if not equals:
        return field
    if _secret(unquote_plus(name[: 3 * MAX_NAME]) if len(name) <= 3 * MAX_NAME else name):
        return f"{name}={MASK}" if value else field
    if ";" in value:  # older programs separate fields by it
        first, *others = value.split(";")
        return ";".join([f"{name}={first}", *(_field(other, depth) for other in others)])
    unquoted = unquote_plus(value)
    masked = _nested(unquoted, depth)
    return field if masked == unquoted else f"{name}={masked}"


def _nested(value: str, depth: int) -> str:
    """Mask a value that may itself be a URL, a query or JSON."""
    if depth == 0 or len(value) < 3:
        return value
    if may_be_json(value):
        return _json(value, depth - 1)
    if "?" in value or "#" in value or "://" in value:
        return _target(value, depth - 1)
    return _form(value, depth - 1) if "=" in value else value


def _json(text: str, depth: int) -> str:
    """Mask JSON, or the beginning of JSON, and keep its layout.

    Strings that are JSON themselves are masked too, `depth` levels deep. So is a value if the name
    of a secret comes before it: `["password", "hunter2"]` in a list of such pairs, or
    `{"name": "password", "value": "hunter2"}`.
    """
    shown: list[str] = []
    at, level = 0, 0
    names = JsonNames()
    key = ""  # the string before a colon
    secret = False  # whether the next value is one
    masked_from: int | None = None  # the level of the list or object whose values are all masked
    for found in _JSON.finditer(text):
        piece = found[0]
        shown.append(text[at : found.start()])
        at = found.end()
        if piece in "{[":
            level += 1
            names.open(piece)
            if secret and masked_from is None:
                masked_from = level
            secret = False
        elif piece in "}]":
            if masked_from == level:
                masked_from = None
            level -= 1
            names.close()
            key, secret = "", False
        elif piece == ":":
            name = decoded(key)
            secret = bool(key) and (_secret(name) or names.name_value(name))
            key = ""
        elif piece == ",":
            key, secret = "", names.name_next()
        elif _is_key(text, at, piece):
            key = piece
        else:
            names.hear(piece)
            if (secret or masked_from is not None) and piece not in _UNTOLD:
                piece = f'"{MASK}"'
                secret = False
            elif depth and piece[0] == '"' and "\\" in piece:  # its quotes are escaped
                piece = _json_in_string(piece, depth - 1)
        shown.append(piece)
    shown.append(text[at:])
    return "".join(shown)


def _json_in_string(piece: str, depth: int) -> str:
    """Mask the JSON in a JSON string, or in the beginning of one."""
    begun = _STRING.match(piece)
    if begun is None:
        return piece
    text = decoded(f'{begun[0]}"')
    masked = _json(text, depth) if may_be_json(text) else text
    if masked == text:
        return piece
    written = json.dumps(masked, ensure_ascii=False)
    # An escape may stand for half of a surrogate pair, which no encoding has.
    written = written.encode("utf-8", "backslashreplace").decode("utf-8")
    return written if piece[begun.end() :] == '"' else written[:-1]


def _is_key(text: str, end: int, piece: str) -> bool:
    while end < len(text) and text[end] in " \t\r\n":
        end += 1
    return piece[0] == '"' and text[end : end + 1] == ":"


def _xml(text: str) -> str:
    """Mask XML, or the beginning of XML: texts in elements and attributes named as secrets."""
    shown: list[str] = []
    depth, masked_from = 0, 0  # the depth of the element whose texts are all masked
    for found in _XML.finditer(text):
        piece = found[0]
        name = _TAG_NAME.match(piece)
        if name is not None and piece[1] == "/":
            if depth == masked_from:
                masked_from = 0
            depth = max(depth - 1, 0)
        elif name is not None:
            if not piece.endswith("/>"):
                depth += 1
                if not masked_from and _secret(name[1]):
                    masked_from = depth
            piece = _ATTRIBUTE.sub(_attribute, piece)
        elif masked_from and piece.strip() and not piece.startswith(("<!--", "<?")):
            piece = MASK
        shown.append(piece)
    return "".join(shown)


def _attribute(found: re.Match[str]) -> str:
    name, equals, value = found.groups()
    return f'{name}{equals}"{MASK}"' if _secret(name) and len(value) > 2 else found[0]


def _multipart(text: str) -> str:
    boundary = text.partition("\n")[0].rstrip("\r")
    if not boundary.startswith("--"):
        return text
    return boundary.join(_part(part) for part in text.split(boundary))


def _part(part: str) -> str:
    ends = [(at, end) for end in ("\r\n\r\n", "\n\n") if (at := part.find(end)) >= 0]
    if not ends:
        return part
    at, end = min(ends)
    head, value = part[: at + len(end)], part[at + len(end) :]
    found = _PART_NAME.search(head)
    if found is None or not value.strip():
        return part
    rest = value.rstrip("\r\n")
    ending = value[len(rest) :]
    return head + (MASK if _secret(found[1]) else _nested(rest, NESTED)) + ending
