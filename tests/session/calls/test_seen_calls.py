"""Repeats and duplicates in one request, and over all of them."""

import pytest

from devtui.events import RequestFinished
from devtui.session.calls.grouping import groups_of, repeats_of
from devtui.session.calls.seen_calls import SeenCalls
from devtui.session.store import store as store_module
from devtui.text.secrets import MASK
from tests.support.fakes import CUSTOMER_SQL, NOON, called, finished, n_plus_one, started, store_of


def test_five_calls_of_one_text_from_one_line_are_a_repeat() -> None:
    four = [called("SELECT ?", f"({n},)") for n in range(4)]
    elsewhere = called("SELECT ?", "(9,)", place="/project/shop/views.py:89")
    assert repeats_of([*four, elsewhere]) == []
    [found] = repeats_of([elsewhere, *four, called("SELECT ?", "(0,)", ms=3)])
    assert (found.count, found.duplicates, found.duration_ms) == (5, 1, 5.0)


@pytest.mark.parametrize("text", [f"GET http://a/?token={MASK}", "SELECT …"])
def test_calls_whose_text_is_not_all_shown_are_no_duplicates(text: str) -> None:
    [found] = repeats_of([called(text, kind="http")] * 5)
    assert (found.count, found.duplicates) == (5, 0)
    [found] = repeats_of([called("GET http://a/", kind="http")] * 5)
    assert found.duplicates == 4


def test_what_was_not_kept_may_be_more_of_the_same() -> None:
    seen = SeenCalls()
    for request, times, cut in (("r1", 9, True), ("r2", 5, False)):
        seen.add(request, NOON, 1, groups_of([called("SELECT ?")] * times), at_least=cut)
    [one] = seen.repeats()
    assert (one.count, one.at_least) == (14, True)
    assert (one.newest, one.newest_at_least) == (5, False)


def test_a_template_may_be_rendered_often() -> None:
    calls = [called("row.html", kind="template", library="jinja2")] * 9
    assert groups_of(calls)[0].count == 9
    assert repeats_of(calls) == []


def test_a_finished_request_keeps_its_calls_as_they_were() -> None:
    events = n_plus_one()
    end = events[-1]
    assert isinstance(end, RequestFinished)
    store = store_of(*events)
    request = store.requests[0]
    assert request.finished == end
    assert request.calls == end.calls
    assert request.row.repeats == 41
    assert [(one.kind, one.count) for one in request.row.calls] == [
        ("sql", 42),
        ("http", 1),
        ("template", 1),
    ]


def test_what_repeated_calls_share_is_kept_once() -> None:
    few, many = (store_of(*n_plus_one(times=n)).requests[0].details_bytes for n in (5, 105))
    assert many - few < 100 * 40


def test_calls_make_room_like_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    size = store_of(*n_plus_one(1)).details_bytes
    monkeypatch.setattr(store_module, "MAX_DETAILS_BYTES", size * 3 // 2)
    store = store_of(*n_plus_one(1), *n_plus_one(2))
    old, new = store.requests
    assert (len(old.calls), old.details_dropped) == (0, True)
    assert len(new.calls) == 44
    assert old.row.repeats == 41
    assert store.calls.repeats()[0].count == 82


def test_the_list_over_all_requests_has_the_worst_first() -> None:
    few = [called("SELECT few", place="/project/a.py:1")] * 6
    store = store_of(
        *n_plus_one(1),
        started(2),
        finished(2, calls=tuple(few)),
        *n_plus_one(3, times=2),
    )
    worst, other = store.calls.repeats()
    assert (worst.text, worst.most, worst.newest) == (CUSTOMER_SQL, 41, 2)
    assert (worst.requests, worst.count, worst.worst_id, worst.duplicates) == (2, 43, "r1", 11)
    assert (other.text, other.most, other.duplicates) == ("SELECT few", 6, 5)
    store.clear_requests()
    assert not store.called
    assert store.calls.slowest() == []


def test_the_list_is_bounded() -> None:
    seen = SeenCalls(capacity=3, max_bytes=3_000)
    for n in range(5):
        seen.add("r1", NOON, 1, groups_of([called(f"SELECT {n}")]))
    seen.add("r1", NOON, 1, groups_of([called("SELECT 2")]))
    assert {one.text for one in seen.slowest()} == {"SELECT 2", "SELECT 3", "SELECT 4"}
    seen.add("r1", NOON, 1, groups_of([called("x" * 2_000)]))
    assert {one.text[:8] for one in seen.slowest()} == {"SELECT 2", "xxxxxxxx"}
    assert seen.forgotten == 4


@pytest.mark.parametrize(
    ("parameters", "duplicates"),
    [
        (f"({MASK},)", 0),
        (f"""('{{"token": "{MASK}"}}',)""", 0),
        ("('x'... (600 characters),)", 0),
        ("{'a': 1, ...: (10 more)}", 0),
        ("(1, 2, 3…", 0),
        ("('a', 'b…", 0),
        ("(<shop.Item>,)", 0),
        ("('<p>hi…', \"it's <b>\", 'a \\' ... <')", 1),
    ],
)
def test_duplicates_are_told_of_calls_whose_parameters_are_shown(
    parameters: str, duplicates: int
) -> None:
    text = "SELECT 1 WHERE token = ?"
    (group,) = groups_of([called(text, parameters), called(text, parameters)])
    assert (group.count, group.duplicates) == (2, duplicates)
