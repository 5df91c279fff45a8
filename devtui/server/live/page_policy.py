"""Read a page's Content-Security-Policy: whether it allows the script that follows saves."""

from __future__ import annotations

from collections.abc import Iterable

_HEADERS = ("content-security-policy", "content-security-policy-report-only")


class PagePolicy:
    """What the headers of a page allow a script of its own origin.

    `nonce` is the one that the script needs, if the page has one. `forbidden_by` names the
    directive that forbids the script or its connection, and is empty if all is allowed. A policy
    that only reports counts too: it would report the script to the app.
    """

    def __init__(self, headers: Iterable[tuple[str, str]], origin: str) -> None:
        policies = [
            _directives(policy)
            for name, value in headers
            if name.lower() in _HEADERS
            for policy in value.split(",")
        ]
        self.nonce = next(filter(None, map(_nonce, policies)), "")
        self._origin = origin
        reasons = (self._forbids(policy) for policy in policies)
        self.forbidden_by = next(filter(None, reasons), "")

    def _forbids(self, policy: dict[str, list[str]]) -> str:
        sandbox = policy.get("sandbox")
        if sandbox is not None and not {"allow-scripts", "allow-same-origin"} <= set(sandbox):
            return "sandbox"
        name, sources = _first(policy, "script-src-elem", "script-src", "default-src")
        own = "'strict-dynamic'" not in sources and _allows(sources, self._origin, "http", "https")
        if not own and not (self.nonce and f"'nonce-{self.nonce}'" in sources):
            return name
        return _forbids_connection(policy, self._origin)


def connection_forbidden_by(policies: str, origin: str) -> str:
    """Return the directive that forbids a page of this origin to connect; empty if none does."""
    reasons = (_forbids_connection(_directives(one), origin) for one in policies.split(","))
    return next(filter(None, reasons), "")


def _forbids_connection(policy: dict[str, list[str]], origin: str) -> str:
    name, sources = _first(policy, "connect-src", "default-src")
    return "" if _allows(sources, origin, "ws", "wss") else name


def _allows(sources: list[str], origin: str, *schemes: str) -> bool:
    """Whether the sources name the page's own origin."""
    scheme, _, host = origin.partition("://")
    any_port = host.rpartition(":")[0] + ":*" if host.rpartition(":")[0] else f"{host}:*"
    own = {"*", "'self'", host, origin, f"{schemes[scheme == 'https']}:"}
    own |= {any_port, *(f"{one}://{name}" for one in schemes for name in (host, any_port))}
    return not own.isdisjoint(map(str.lower, sources))


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
    found = (one[7:-1] for one in sources if one.startswith("'nonce-") and one.endswith("'"))
    return next(found, "")
