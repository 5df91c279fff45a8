"""Headers by their names, and where redirects lead."""

from __future__ import annotations

import pytest

from devtui.text.headers import header_of, location_of


def test_the_first_header_of_a_name_in_any_case() -> None:
    headers = [("Host", "a"), ("X-Empty", ""), ("x-empty", "b"), ("HOST", "c")]
    assert header_of(headers, "host") == "a"
    assert header_of(headers, "x-empty") == ""
    assert header_of(iter(headers), "x-none") == ""


@pytest.mark.parametrize(
    ("status", "location", "leads_to"),
    [
        (302, "/login", "/login"),
        (302, "http://shop.test/login", "/login"),
        (302, "https://shop.test/login", "/login"),
        (302, "http://shop.test.evil/login", "http://shop.test.evil/login"),
        (200, "/login", ""),
        (None, "/login", ""),
    ],
)
def test_where_a_redirect_leads(status: int | None, location: str, leads_to: str) -> None:
    assert location_of(status, [("LOCATION", location)], [("host", "shop.test")]) == leads_to
