"""Read a page's policies: whether they allow the script that follows saves, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable

from devtui.server.live.handover import SCRIPT, SOCKET

_HEADERS = ("content-security-policy", "content-security-policy-report-only")
_INTEGRITY = ("integrity-policy", "integrity-policy-report-only")
_NONCE = "'nonce-"


class PagePolicy:
    """What the headers of a page allow a script of its own origin.

    `nonce` is the one that the script needs, if the page has one. `wants_integrity` says whether
    the tag has to have the script's checksum. `forbidden_by` names the directive that forbids the
    script or its connection, and is empty if all is allowed. A policy that only reports counts too:
    it would report the script to the app.
    """

    def __init__(self, headers: Iterable[tuple[str, str]], origin: str) -> None:
        found = [(name.lower(), value) for name, value in headers]
        policies = [
            _directives(policy)
            for name, value in found
            if name in _HEADERS
            for policy in value.split(",")
        ]
        self.wants_integrity = any(name in _INTEGRITY for name, _ in found)
        self.nonce = next(filter(None, map(_nonce, policies)), "")
        self._origin = origin
        reasons = (self._forbids(policy) for policy in policies)
        self.forbidden_by = next(filter(None, reasons), "")

    def _forbids(self, policy: dict[str, list[str]]) -> str:
        sandbox = policy.get("sandbox")
        if sandbox is not None and "allow-scripts" not in map(str.lower, sandbox):
            return "sandbox"
        name, sources = _first(policy, "script-src-elem", "script-src", "default-src")
        is_strict = "'strict-dynamic'" in map(str.lower, sources)
        own = not is_strict and _allows(sources, self._origin + SCRIPT, "http", "https")
        if not own and not (self.nonce and self.nonce in map(_nonce_in, sources)):
            return name
        return _forbids_connection(policy, self._origin)


def connection_forbidden_by(policies: str, origin: str) -> str:
    """Return the directive that forbids a page of this origin to connect; empty if none does."""
    reasons = (_forbids_connection(_directives(one), origin) for one in policies.split(","))
    return next(filter(None, reasons), "")


def _forbids_connection(policy: dict[str, list[str]], origin: str) -> str:
    name, sources = _first(policy, "connect-src", "default-src")
    return "" if _allows(sources, origin + SOCKET, "ws", "wss") else name


def _allows(sources: list[str], url: str, *schemes: str) -> bool:
    """Whether the sources name the page's own server, and this path of it if they name one."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    any_port = host.rpartition(":")[0] + ":*" if host.rpartition(":")[0] else f"{host}:*"
    own = {"*", "'self'", host, f"{scheme}://{host}", f"{schemes[scheme == 'https']}:"}
    own |= {any_port, *(f"{one}://{name}" for one in schemes for name in (host, any_port))}
    return any(
        server.lower() in own
        and (path == only or (only[-1:] in ("", "/") and path.startswith(only)))
        for server, only in map(_split, sources)
    )


def _split(source: str) -> tuple[str, str]:
    """Split a source into the server and the path; one that ends with a slash is for all below."""
    scheme, mark, rest = source.rpartition("://")
    host, _, path = rest.partition("/")
    return scheme + mark + host, path


def _directives(policy: str) -> dict[str, list[str]]:
    """Return the sources by the directive's name; the first one of a name counts."""
    found: dict[str, list[str]] = {}
    for directive in policy.split(";"):
        if words := directive.split():
            found.setdefault(words[0].lower(), words[1:])
    return found


def _first(policy: dict[str, list[str]], *names: str) -> tuple[str, list[str]]:
    """Return the first of these directives; without any, one that allows everything."""
    return next(((name, policy[name]) for name in names if name in policy), ("", ["*"]))


def _nonce(policy: dict[str, list[str]]) -> str:
    sources = _first(policy, "script-src-elem", "script-src", "default-src")[1]
    return next(filter(None, map(_nonce_in, sources)), "")


def _nonce_in(source: str) -> str:
    """Return the nonce that a source is; empty if it is another kind of source."""
    is_nonce = source.lower().startswith(_NONCE) and source.endswith("'")
    return source[len(_NONCE) : -1] if is_nonce else ""
