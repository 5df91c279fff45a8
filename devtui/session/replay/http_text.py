"""Write a request as text that people edit, in the format of `.http` files, and read it back."""

from __future__ import annotations

import re
from pathlib import Path

from devtui.session.replay.outgoing import (
    METHOD,
    NAME,
    OF_CONNECTION,
    TARGET,
    VALUE,
    CannotSend,
    Outgoing,
    as_bytes,
)

BODY_FILE = "body"

_HEADING = """\
# Change the request, save, and leave the editor. Leave without a change to send nothing.
# The first line has the method and the target; headers follow, an empty line, and the body.
"""
_VERSION = re.compile(r"\s+HTTP/[\d.]+\Z")
_SHOWN = 40


class NoRequest(CannotSend):
    """The text is empty apart from comments."""


def written(outgoing: Outgoing, folder: Path) -> str:
    """Return the text of a request; a body that is not plain text goes into a file of `folder`."""
    lines = [_HEADING]
    lines.append(f"{outgoing.method} {outgoing.encoded_target}\n")
    lines += [f"{name}: {_typed(value)}\n" for name, value in outgoing.headers]
    body = _as_text(outgoing)
    if body is None:
        path = folder / BODY_FILE
        path.write_bytes(outgoing.body)
        body = f"< {path}"
    return "".join(lines) + (f"\n{body}\n" if body else "\n")


def parse(text: str) -> Outgoing:
    """Return the request of a text. Raises `CannotSend` with a sentence that names the line."""
    lines = text.split("\n")
    at = 0
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith("#")):
        at += 1
    if at == len(lines):
        raise NoRequest("The text has no request, so nothing was sent: begin it with GET /path")
    method, target = _first(lines[at].rstrip("\r"), at + 1)
    headers: list[tuple[str, str]] = []
    at += 1
    while at < len(lines) and (line := lines[at].rstrip("\r")).strip():
        headers.append(_header(line, at + 1))
        at += 1
    body = "\n".join(lines[at + 1 :])
    body = body.removesuffix("\n")  # editors end the last line
    kept = tuple(pair for pair in headers if pair[0].lower() not in OF_CONNECTION)
    return Outgoing(method, target, kept, _content(body, kept, at + 2))


def _first(line: str, number: int) -> tuple[str, str]:
    method, _, target = _VERSION.sub("", line.strip()).partition(" ")
    target = target.strip()
    if not METHOD.fullmatch(method):
        raise CannotSend(
            f"Line {number}: {method[:_SHOWN]!r} is not a method: begin with GET /path, for "
            "example."
        )
    if not target:
        raise CannotSend(f"Line {number}: the target is missing: write {method} /path")
    if not TARGET.fullmatch(target):
        raise CannotSend(
            f"Line {number}: {target[:_SHOWN]!r} is not a target: it begins with / and encodes "
            "spaces and other special characters, as in /search?q=two%20words"
        )
    return method.upper() if method.islower() else method, target


def _header(line: str, number: int) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not NAME.fullmatch(name):
        raise CannotSend(
            f"Line {number}: {line[:_SHOWN]!r} is not a header: write Name: value, and an empty "
            "line before the body."
        )
    encoded = as_bytes(value.strip())
    if not VALUE.fullmatch(encoded):
        raise CannotSend(f"Line {number}: the value of {name} is too long or has a line break.")
    return name, encoded


def _content(body: str, headers: tuple[tuple[str, str], ...], number: int) -> bytes:
    if body.startswith("< ") and "\n" not in body:
        path = body[2:].strip()
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise CannotSend(
                f"Line {number}: the body's file {path} cannot be read: {error.strerror}."
            ) from error
    if _is_multipart(headers):
        body = re.sub(r"\r?\n", "\r\n", body)
    return body.encode("utf-8", "surrogateescape")


def _as_text(outgoing: Outgoing) -> str | None:
    """Return the body if a text editor leaves it as it is, else None."""
    try:
        body = outgoing.body.decode()
    except UnicodeDecodeError:
        return None
    if _is_multipart(outgoing.headers) and "\r" not in (short := body.replace("\r\n", "\n")):
        return None if short.replace("\n", "\r\n") != body else _printable(short)
    return _printable(body)


def _printable(body: str) -> str | None:
    plain = body.replace("\n", "").replace("\t", "")
    odd = body.startswith("< ") or (plain and not plain.isprintable())
    return None if odd or "\r" in body else body


def _typed(value: str) -> str:
    """Return a header's value as text, decoded from UTF-8 if it is valid."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _is_multipart(headers: tuple[tuple[str, str], ...]) -> bool:
    return any(
        name.lower() == "content-type" and value.lower().startswith("multipart/")
        for name, value in headers
    )
