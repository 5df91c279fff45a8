"""What a Content-Security-Policy lets the script do, and that its nonce is used."""

from __future__ import annotations

import pytest

from devtui.server.live.page_policy import PagePolicy

ORIGIN = "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    ("policy", "nonce", "forbidden_by"),
    [
        ("", "", ""),
        ("img-src 'none'", "", ""),
        ("default-src 'self'", "", ""),
        ("default-src 'SELF'; SCRIPT-SRC *", "", ""),
        ("default-src 'none'", "", "default-src"),
        ("script-src 'none'", "", "script-src"),
        ("script-src", "", "script-src"),
        ("script-src https://cdn.example", "", "script-src"),
        ("script-src http://127.0.0.1:5000", "", ""),
        ("script-src 127.0.0.1:*", "", ""),
        ("script-src http:", "", ""),
        ("script-src http://127.0.0.1:5000/", "", ""),
        ("script-src 127.0.0.1:5000/.devtui/", "", ""),
        ("script-src 127.0.0.1:5000/.devtui/live.js; connect-src 127.0.0.1:*/.devtui/live", "", ""),
        ("script-src 127.0.0.1:5000/static/ 127.0.0.1:5000/.devtui", "", "script-src"),
        ("connect-src ws://127.0.0.1:5000/.devtui/live.js", "", "connect-src"),
        ("script-src https:", "", "script-src"),
        ("script-src 'nonce-a1'", "a1", ""),
        ("script-src 'nonce-a1' 'strict-dynamic'", "a1", ""),
        ("script-src 'Nonce-A1'", "A1", ""),
        ("script-src 'self' 'strict-dynamic' 'sha256-x'", "", "script-src"),
        ("script-src 'self'; script-src-elem 'none'", "", "script-src-elem"),
        ("default-src 'none'; script-src 'nonce-a1'", "a1", "default-src"),
        ("default-src 'none'; script-src 'nonce-a1'; connect-src 'self'", "a1", ""),
        ("default-src 'none'; script-src 'self'; connect-src ws:", "", ""),
        ("connect-src https:", "", "connect-src"),
        ("sandbox allow-forms", "", "sandbox"),
        ("sandbox Allow-Scripts", "", ""),
        ("script-src 'nonce-a1', script-src 'nonce-b2'", "a1", "script-src"),
        ("script-src 'nonce-a1', script-src 'self'", "a1", ""),
        ("script-src 'self'; script-src 'none'", "", ""),
    ],
)
@pytest.mark.parametrize(
    "header", ["Content-Security-Policy", "content-security-policy-report-only"]
)
def test_what_a_policy_allows(header: str, policy: str, nonce: str, forbidden_by: str) -> None:
    found = PagePolicy([("X-Other", "default-src 'none'"), (header, policy)], ORIGIN)
    assert (found.nonce, found.forbidden_by) == (nonce, forbidden_by)


def test_each_of_several_headers_counts() -> None:
    headers = [("Content-Security-Policy", "script-src 'self'")] * 2
    assert PagePolicy(headers, ORIGIN).forbidden_by == ""
    headers.append(("Content-Security-Policy", "connect-src 'none'"))
    assert PagePolicy(headers, ORIGIN).forbidden_by == "connect-src"
