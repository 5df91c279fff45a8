"""What the row of a request tells besides its columns."""

from __future__ import annotations

import pytest
from msgspec import structs
from rich.cells import cell_len

from devtui.dashboard.details.row_detail import detail_of
from devtui.dashboard.panes.rows import RequestRows
from devtui.filters.query import Query
from devtui.session.store.measures import measures_of
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from tests.support.fakes import NOON, finished, started


def redirect(location: str, target: str = "/account", status: int = 302) -> tuple[Store, Request]:
    store = Store()
    store.apply(started(1, target))
    store.apply(
        structs.replace(
            finished(1, target, status=status), response_headers=(("location", location),)
        )
    )
    return store, store.requests[0]


def row_of(request: Request, width: int = 116) -> str:
    row = RequestRows(lambda: NOON).spans(request, width)
    return "".join(text for text, _ in row).rstrip()


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/login?next=/account", " → /login?next=/account"),
        ("http://127.0.0.1:5000/login", " → /login"),
        ("https://127.0.0.1:5000/", " → /"),
        ("http://127.0.0.1:50001/login", " → http://127.0.0.1:50001/login"),
        ("https://sso.example/start?token=hush", " → https://sso.example/start?token=••••••••"),
        ("", ""),
    ],
)
def test_a_redirect_says_where_it_leads(location: str, shown: str) -> None:
    store, request = redirect(location)
    assert row_of(request).endswith(f"/account{shown}")
    detail = detail_of(request, store)
    assert ("leads to" in detail.sections[0].text) is bool(shown)


def test_other_answers_lead_nowhere() -> None:
    _, request = redirect("/items/7", status=201)
    assert "→" not in row_of(request)


@pytest.mark.parametrize("width", [40, 58, 76, 116, 196])
def test_both_ends_of_a_redirect_are_seen(width: int) -> None:
    _, request = redirect("/login?next=" + "y" * 200, "/account/" + "x" * 200)
    row = row_of(request, width)
    assert cell_len(row) <= width
    assert "/acc" in row
    if width >= 58:
        assert " → /lo" in row


def test_a_filter_finds_where_requests_are_led() -> None:
    _, request = redirect("/login")
    text = RequestRows(lambda: NOON).text(request).lower()
    assert Query("/login").keeps(text, measures_of(request))
