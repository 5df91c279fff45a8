"""A request as a line for the shell, and as the text that passes over the wire."""

from __future__ import annotations

import re
import shlex
from urllib.parse import quote, unquote, urlsplit

from devtui.session.replay.export.target_in_app import UNIX, url_of
from devtui.session.replay.outgoing import Outgoing
from devtui.text.sanitize import pasteable

# Targets that all programs send as they are. HTTPie decodes what need not be encoded, and writes
# the rest in capital letters.
_PLAIN_TARGET = re.compile(
    r"/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})+)?",
    re.ASCII,
)
_ENCODED = re.compile("(?:%[0-9A-F]{2})+")

# What HTTPie takes as a header's name and not as an option; and backslashes that it drops.
_ITEM_NAME = re.compile(r"(?!-)[\w!#$%&'*+.^`|~-]+", re.ASCII)
_ITEM_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[:;=@]")


def curl(outgoing: Outgoing, base: str) -> str:
    """Return a line that gives the same answer in any POSIX shell; `base` is the app's URL."""
    given = {name.lower() for name, _ in outgoing.headers}
    words = ["curl", "--globoff", "--path-as-is"]
    url = url_of(outgoing.target, base)
    if base.startswith(UNIX):
        words += ["--unix-socket", shlex.quote(base.removeprefix(UNIX))]
    elif base.startswith("https:"):
        words.append("--insecure")  # a development server's certificate is often made up
    if not _PLAIN_TARGET.fullmatch(outgoing.target):  # curl would encode or cut some of them
        words += ["--request-target", _quoted(outgoing.target)]
    has_body = bool(outgoing.body) or outgoing.method in ("POST", "PUT", "PATCH")
    if outgoing.method == "HEAD" and has_body:  # `--head` takes none
        words += ["--request", "HEAD", "--include", "--ignore-content-length"]
        words += ["--header", "'Connection: close'"]
    elif outgoing.method == "HEAD":
        words.append("--head")
    elif outgoing.method != ("POST" if has_body else "GET"):
        words += ["--request", outgoing.method]
    if "accept-encoding" in given:
        words.append("--compressed")
    for name, value in _headers(outgoing, url):
        if name.lower() != "accept-encoding":  # `--compressed` asks for what curl can decode
            words += ["--header", _quoted(f"{name}: {value}" if value else f"{name};")]
    added = ["host", "accept", "user-agent", *(["content-type"] if has_body else [])]
    for name in added:  # what curl would add by itself
        if name not in given:
            words += ["--header", f"'{name.title()}:'"]
    before = ""
    if has_body:
        text = _plain(outgoing.body)
        if text is None:
            before = f"{_printf(outgoing.body)} | "
            words += ["--data-binary", "@-"]
        else:
            words += ["--data-raw", shlex.quote(text)]
    return f"{before}{' '.join(words)} {shlex.quote(url)}"


def httpie(outgoing: Outgoing, base: str) -> str:
    """Return a line for HTTPie, which sends the request unless `why_no_httpie` says something."""
    url = url_of(outgoing.target, base)
    words = ["http", "--path-as-is"]
    if base.startswith("https:"):
        words.append("--verify=no")
    before, given = "", {name.lower() for name, _ in outgoing.headers}
    text = _plain(outgoing.body)
    if text is None:
        before = f"{_printf(outgoing.body)} | "
    else:
        words.append("--ignore-stdin")
        if text:
            words.append(f"--raw={shlex.quote(text)}")
    items = [_quoted(_item(name, value)) for name, value in _headers(outgoing, url)]
    added = ["accept", "accept-encoding", "user-agent", *(["content-type"] if text != "" else [])]
    items += [f"{name.title()}:" for name in added if name not in given]
    return before + " ".join([*words, outgoing.method, shlex.quote(url), *items])


def why_no_httpie(outgoing: Outgoing, base: str) -> str:
    """Say why HTTPie cannot send the request as it is; empty if it can."""
    if base.startswith(UNIX):
        return "HTTPie cannot use a Unix socket."
    if not (outgoing.method.isascii() and outgoing.method.isalpha() and outgoing.method.isupper()):
        return "HTTPie would change the method."
    if not _PLAIN_TARGET.fullmatch(outgoing.target) or any(
        quote(unquote(part, "latin-1"), "", "latin-1") != part
        for part in _ENCODED.findall(outgoing.target)
    ):
        return "HTTPie would change the target."
    if not any(name.lower() == "host" for name, _ in outgoing.headers):
        return "HTTPie would add the header Host."
    for name, value in outgoing.headers:
        if not _ITEM_NAME.fullmatch(name) or not _is_item_value(value):
            return f"HTTPie would change {name[:20]}."
    return ""


def _is_item_value(value: str) -> bool:
    try:
        text = value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return text == text.strip() and not _ITEM_ESCAPE.search(value)


def _item(name: str, value: str) -> str:
    """Return a header for HTTPie, to which `:=` and `:@` mean something else."""
    if not value:
        return f"{name};"
    return f"{name}:\\{value}" if value[0] in ":=@" else f"{name}:{value}"


def raw(outgoing: Outgoing) -> str:
    """Return the request as it passes over the wire, empty where a copy would change it."""
    try:
        body = outgoing.body.decode()
    except UnicodeDecodeError:
        return ""
    if pasteable(body) != body:
        return ""
    headers = [*outgoing.headers]
    if outgoing.body:
        headers.append(("Content-Length", str(len(outgoing.body))))
    head = [f"{outgoing.method} {outgoing.target} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in headers]
    try:
        lines = "\r\n".join(head).encode("latin-1").decode()
    except UnicodeDecodeError:
        return ""
    return f"{lines}\r\n\r\n{body}"


def _headers(outgoing: Outgoing, url: str) -> list[tuple[str, str]]:
    """Return the headers that the program does not add by itself."""
    here = urlsplit(url).netloc
    return [pair for pair in outgoing.headers if (pair[0].lower(), pair[1]) != ("host", here)]


def _quoted(text: str) -> str:
    """Return a word for the shell; its characters stand for bytes."""
    encoded = text.encode("latin-1")
    plain = _plain(encoded)
    return f'"$({_printf(encoded)})"' if plain is None else shlex.quote(plain)


def _plain(data: bytes) -> str | None:
    """Return the text that can be pasted into a terminal as it is, None if there is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.replace("\n", "").isprintable() else None


def _printf(data: bytes) -> str:
    r"""Return the command that prints these bytes; each odd one is an octal escape."""
    shown = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b"'\\%" else f"\\{byte:03o}" for byte in data
    )
    if shown.startswith("-"):  # as multipart forms do: printf would take it for an option
        shown = f"\\055{shown[1:]}"
    return f"printf '{shown}'"
