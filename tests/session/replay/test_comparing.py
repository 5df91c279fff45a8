"""Compare two answers: what differs, where, and what is ignored."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from werkzeug.debug.tbtools import DebugTraceback

from devtui.config.state_file import ProjectFile, StateFileError
from devtui.events import Body, Call, CallTotal, Frame
from devtui.session.replay.aligned import MAX_ITEMS
from devtui.session.replay.change import Change
from devtui.session.replay.comparison import Answer, Comparison, compare
from devtui.session.replay.ignores import MAX_RULES, Ignores, line_rule
from devtui.session.replay.json_changes import same_parts
from devtui.text.secrets import MASK
from tests.support import fakes
from tests.support.projects import app_source


def answer(
    body: Any = None,
    kind: str = "application/json",
    headers: list[tuple[str, str]] | None = None,
    output: tuple[str, ...] = (),
    **fields: Any,
) -> Answer:
    finished = fakes.finished(1)
    content: Body | None = None
    if isinstance(body, Body):
        content = body
    elif body is not None:
        text = body if isinstance(body, str) else json.dumps(body)
        content = Body(content_type=kind, size_bytes=len(text.encode()), text=text)
    finished = structs.replace(
        finished, response_body=content, response_headers=tuple(headers or ()), **fields
    )
    return Answer(finished, output)


def compared(first: Answer, second: Answer, *rules: str) -> Comparison:
    ignores = Ignores()
    for rule in rules:
        ignores.add(rule)
    return compare(first, second, ignores)


def places(found: Comparison) -> list[tuple[str, str | None, str | None]]:
    return [(change.place, change.before, change.after) for change in found.changes]


def call(text: str, line: int = 8, function: str = "orders", kind: Any = "sql") -> Call:
    frame = Frame(file="/shop/views.py", line=line, function=function)
    return Call(
        kind=kind,
        library="sqlite3",
        text=text,
        start_ms=1,
        duration_ms=1,
        file=frame.file,
        line=line,
        stack=(frame,),
    )


def test_json_is_compared_by_its_structure() -> None:
    before = {"items": [{"price": 1}, {"price": 2}, {"price": 3}], "a b": 1, "gone": None}
    after = {"items": [{"price": 1}, {"price": 2}, {"price": 4}, {}], "a b": 1.0, "new": ""}
    found = compared(answer(before), answer(after))
    assert places(found) == [
        ("$.items[2].price", "3", "4"),
        ("$.items[3]", None, "{}"),
        ('$["a b"]', "1", "1.0"),
        ("$.gone", "null", None),
        ("$.new", None, '""'),
    ]
    assert found.verdict == "body differs: $.items[2].price"
    assert found.changes[0].rule == "json $.items[*].price"


ITEMS = [{"id": n, "name": f"item {n}", "price": 2 * n, "tags": ["a", "b"]} for n in range(5)]
FIRST = {"id": 9, "name": "first", "price": 1, "tags": []}


def test_an_item_at_the_front_of_a_list_is_the_only_difference() -> None:
    found = compared(answer({"items": ITEMS}), answer({"items": [FIRST, *ITEMS]}))
    assert places(found) == [("$.items[0]", None, json.dumps(FIRST))]
    assert found.verdict == "body differs: $.items[0] new"
    found = compared(answer({"items": [FIRST, *ITEMS]}), answer({"items": ITEMS}))
    assert places(found) == [("$.items[0]", json.dumps(FIRST), None)]
    assert found.verdict == "body differs: $.items[0] gone"


def test_an_item_that_has_moved_and_changed_is_compared_with_itself() -> None:
    changed = [*ITEMS[:2], {**ITEMS[2], "tags": ["b"]}, {**ITEMS[3], "price": 7}]
    found = compared(answer(ITEMS), answer([FIRST, *changed]))
    assert places(found) == [
        ("$[0]", None, json.dumps(FIRST)),
        ("$[3].tags[0]", '"a"', None),
        ("$[4].price", "6", "7"),
        ("$[4]", json.dumps(ITEMS[4]), None),
    ]
    # All items differ, and those with most in common belong together.
    again = [{**item, "id": f"x{number}"} for number, item in enumerate(ITEMS)]
    found = compared(answer(ITEMS), answer([FIRST, *again]), "json $[*].id")
    assert places(found) == [("$[0]", None, json.dumps(FIRST))]
    assert found.ignored_count == 5
    found = compared(answer(ITEMS), answer([FIRST, *again]))
    assert [place for place, *_ in places(found)] == ["$[0]", *(f"$[{n}].id" for n in range(1, 6))]


def test_what_is_ignored_does_not_keep_items_apart() -> None:
    def logged(hour: int, *names: str) -> Answer:
        at = [f"2026-01-02T{hour:02}:04:{number:02}Z" for number, _ in enumerate(names)]
        return answer([{"at": one, "name": name} for one, name in zip(at, names, strict=True)])

    found = compared(logged(3, "a", "b", "c"), logged(4, "x", "a", "b", "c"))
    assert [place for place, *_ in places(found)] == ["$[0]"]
    assert found.ignored_count == 3


def test_another_order_is_one_difference() -> None:
    turned = [ITEMS[3], ITEMS[0], ITEMS[1], ITEMS[4], ITEMS[2]]
    found = compared(answer({"items": ITEMS}), answer({"items": turned}))
    assert places(found) == [("$.items order", "0, 1, 2, 3, 4", "3, 0, 1, 4, 2")]
    assert found.verdict == "body differs: $.items order"
    (change,) = found.changes
    assert change.rule == "json $.items order"
    found = compared(answer({"items": ITEMS}), answer({"items": turned}), change.rule)
    assert (found.verdict, found.ignored_count) == ("same", 1)
    dearer = [turned[0], {**turned[1], "price": 7}, *turned[2:]]
    found = compared(answer({"items": ITEMS}), answer({"items": dearer}))
    assert [place for place, *_ in places(found)] == ["$.items[1].price", "$.items order"]
    many = list(range(MAX_ITEMS + 500))
    assert compared(answer(many), answer(many[::-1])).verdict == "body differs: $ order"


def test_an_item_that_has_moved_among_others_is_not_new() -> None:
    before, after = [*ITEMS], [FIRST, ITEMS[4], ITEMS[0], ITEMS[1], ITEMS[3]]
    found = compared(answer(before), answer(after))
    assert places(found) == [
        ("$[0]", None, json.dumps(FIRST)),
        ("$[2]", json.dumps(ITEMS[2]), None),
        ("$[1] moved", "index 4", "index 1"),
    ]
    assert found.changes[2].rule == "json $ order"
    found = compared(answer(before), answer(after), "json $ order")
    assert [place for place, *_ in places(found)] == ["$[0]", "$[2]"]
    # Values that are the same move as well, and each is counted once.
    found = compared(answer([1, 1, 2, 3]), answer([2, 3, 1, 1, 1]))
    assert [place for place, *_ in places(found)] == ["$[4]", "$[0] moved", "$[1] moved"]


def test_values_of_a_list_are_aligned_by_type_and_value() -> None:
    found = compared(answer("[1, true, NaN, 2.0, null]"), answer('["1", true, NaN, 2, null, 0]'))
    assert places(found) == [("$[0]", "1", '"1"'), ("$[3]", "2.0", "2"), ("$[5]", None, "0")]
    found = compared(answer([1, 2, 3]), answer([4, 5, 6]))
    assert [place for place, *_ in places(found)] == ["$[0]", "$[1]", "$[2]"]


def test_long_lists_are_aligned_within_bounds() -> None:
    many = list(range(MAX_ITEMS + 500))
    found = compared(answer(many), answer([-1, *many]))
    assert places(found) == [("$[0]", None, "-1")]
    turned = [many[::-1], [[n % 2 for n in many] for _ in range(3)]]
    before, after = answer([many, [[n % 3 for n in many] for _ in range(3)]]), answer(turned)
    began = time.process_time()
    found = compared(before, after)
    assert time.process_time() - began < 3.0
    assert [one.place for one in found.changes[:2]] == ["$[0] order", "$[1][0][2]"]


def test_json_in_another_layout_is_the_same() -> None:
    found = compared(answer('{"a": 1, "b": [2]}'), answer('{"b":[2],"a":1}'))
    assert (found.changes, found.verdict) == ((), "same")


def test_json_that_python_reads_otherwise() -> None:
    one, other = (answer(f'{{"n": NaN, "m": {n}}}') for n in (1, 2))
    assert compared(one, other).verdict == "body differs: $.m"
    twice = answer('{"a": 1, "a": 2}'), answer('{"a": 3, "a": 2}')
    assert compared(*twice).verdict == "body differs: line 1"
    for depth in range(100, 1_100, 7):
        one, other = (answer("[" * depth + n + "]" * depth) for n in "12")
        assert compared(one, other).verdict.startswith("body differs: ")


def test_what_changes_each_time_is_ignored_until_the_user_says_otherwise() -> None:
    before = {"at": "2026-01-02T03:04:05Z", "csrf_token": "a", "created_at": 1.7e9, "day": "x"}
    after = {"at": "2026-01-02T03:04:06Z", "csrf_token": "b", "created_at": 1.8e9, "day": "x"}
    found = compared(answer(before), answer(after))
    assert (found.changes, found.ignored_count, found.verdict) == ((), 3, "same")
    ignores = Ignores()
    ignores.remove("moments")
    ignores.remove("tokens")
    found = compare(answer(before), answer(after), ignores)
    assert [change.place for change in found.changes] == ["$.at", "$.csrf_token", "$.created_at"]


def test_a_date_without_a_time_is_a_value() -> None:
    found = compared(answer({"due": "2026-01-02"}), answer({"due": "2026-01-03"}))
    assert found.verdict == "body differs: $.due"


def test_a_marked_id_is_ignored_in_the_whole_list() -> None:
    first, second = answer({"items": [{"id": 1}, {"id": 2}]}), answer({"items": [{"id": 3}, {}]})
    found = compared(first, second)
    assert [change.rule for change in found.changes] == ["json $.items[*].id"] * 2
    again = compared(first, second, "json $.items[*].id")
    assert (again.verdict, again.ignored_count) == ("same", 2)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("<p>Order 41 of 7</p>", "<p>Order 42 of 7</p>", "line <p>Order …</p>"),
        ("id=abc1", "id=abx2", "line id=…"),
        ("abc", "abx", ""),
        ("same … x 1", "same … x 2", ""),
    ],
)
def test_the_rule_for_a_line(before: str, after: str, rule: str) -> None:
    rules = {rule} | ({"line <p>Order … of 7</p>"} if "Order" in rule else set())
    assert line_rule(before, after) in rules


def test_text_is_compared_by_lines() -> None:
    first = answer("<h1>Shop</h1>\n<p>Order 41</p>\n<p>end</p>", "text/html")
    second = answer("<h1>Shop</h1>\n<b>new</b>\n<p>Order 42</p>\n<p>end</p>", "text/html")
    found = compared(first, second)
    assert found.verdict == "body differs: line 2"
    once = answer("<h1>Shop</h1>\n<p>Order 42</p>\n<p>end</p>", "text/html")
    (change,) = compared(first, once).changes
    assert (change.before, change.after) == ("<p>Order 41</p>", "<p>Order 42</p>")
    again = compared(first, once, change.rule)
    assert (again.verdict, again.ignored_count) == ("same", 1)


@pytest.mark.parametrize(
    "field",
    [
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">',
        "<input id=csrf_token name=csrf_token type=hidden value='{}'>",
        '<meta name="csrf-token" content="{}">',
        '<input value="{}" type=hidden name="authenticity_token">',
        '<script nonce="{}">',
    ],
)
def test_tokens_in_a_page(field: str) -> None:
    one, other = (
        answer(f"<form>{field.format(token)}</form>", "text/html") for token in ("aX1", "bY2")
    )
    assert compared(one, other).verdict == "same"


def test_the_debuggers_page_for_the_same_error() -> None:
    pages = []
    for secret in ("one", "other"):
        try:
            raise ValueError("wrong")
        except ValueError as error:
            page = DebugTraceback(error).render_debugger_html(True, secret, True)
            pages.append(answer(page, "text/html", status=500))
    assert secret in pages[1].finished.response_body.text  # type: ignore[union-attr,operator]
    assert compared(pages[0], pages[1]).verdict == "same"


DJANGOS_PAGE = app_source("replay/djangos_page.py")


def test_djangos_page_for_the_same_error() -> None:
    """It has addresses of objects, in names of elements too, and the port of the client."""
    pytest.importorskip("django", reason="Django is not installed")
    pages = [
        subprocess.check_output([sys.executable, "-c", DJANGOS_PAGE, port], text=True)
        for port in ("46100", "59866")
    ]
    assert "Thing object at 0x" in pages[0]
    assert "46100" in pages[0]
    first, second = (answer(page, "text/html", status=500) for page in pages)
    found = compared(first, second)
    assert found.verdict == "same", found.changes
    changed = answer(pages[1].replace("wrong", "right"), "text/html", status=500)
    assert compared(first, changed).of("body")


@pytest.mark.parametrize("name", ["c", "v"])
def test_numbered_ids_of_another_page_are_told(name: str) -> None:
    one, other = (
        answer(f'<p>Shop</p>\n<b id="{name}{number}">', "text/html")
        for number in (123_456_789, 987_654_321)
    )
    assert compared(one, other).verdict == "body differs: line 2"


def test_addresses_of_objects_are_ignored() -> None:
    first, second = ({"of": f"<Order object at {address}>"} for address in ("0x7fa550", "0x1B44C0"))
    assert compared(answer(first), answer(second)).verdict == "same"
    found = compared(
        answer(output=(f"sold {first['of']}",)), answer(output=(f"sold {second['of']}",))
    )
    assert not found.changes


def test_a_line_that_is_there_often_is_no_difference() -> None:
    before, after = (
        answer("\n".join(f"{word} {n // 2}" if n % 2 else "" for n in range(400)), "text/plain")
        for word in "ab"
    )
    found = compared(before, after)
    assert len(found.of("body")) == 200
    assert not any(change.before == change.after for change in found.changes)


def test_other_bodies_are_compared_by_size_and_digest() -> None:
    first, second = (
        answer(Body(content_type="image/png", size_bytes=10, digest=digest)) for digest in "ab"
    )
    found = compared(first, second)
    assert places(found) == [("content", "10 bytes, a", "10 bytes, b")]
    assert compared(first, first).verdict == "same"


def test_a_compressed_page_is_compared_as_text() -> None:
    """The bytes differ each time: they hold a date, or random bytes against guessing."""
    pages = []
    for mtime, text in ((1, "<p>one</p>"), (2, "<p>one</p>"), (3, "<p>two</p>")):
        data = gzip.compress(text.encode(), mtime=mtime)
        body = Body(content_type="text/html", size_bytes=len(data), digest=str(mtime), data=data)
        pages.append(answer(body, headers=[("Content-Encoding", "gzip")]))
    assert compared(pages[0], pages[1]).verdict == "same"
    (change,) = compared(pages[0], pages[2]).changes
    assert (change.before, change.after) == ("<p>one</p>", "<p>two</p>")
    halves = gzip.compress(b"<p>one</p>"), gzip.compress(b"<p>two</p>")
    several = []
    for number, data in enumerate((halves[0] * 2, halves[0] + halves[1], halves[0][:-9])):
        body = Body(content_type="text/html", size_bytes=1, digest=str(number), data=data)
        several.append(answer(body, headers=[("Content-Encoding", "gzip")]))
    assert compared(several[0], several[1]).verdict == "body differs: content"
    assert compared(several[2], pages[0]).verdict == "body differs: content"
    bomb = gzip.compress(b"0" * 10_000_000)
    huge = Body(content_type="text/html", size_bytes=len(bomb), digest="x", data=bomb)
    first = answer(huge, headers=[("Content-Encoding", "gzip")])
    assert compared(first, pages[0]).verdict == "body differs: content"


def test_text_that_differs_after_what_was_recorded() -> None:
    bodies = [
        Body(content_type="text/plain", size_bytes=9, text="abc", truncated=True, digest=digest)
        for digest in "ab"
    ]
    assert compared(answer(bodies[0]), answer(bodies[1])).verdict == "body differs: content"


def test_djangos_page_that_was_not_recorded_whole() -> None:
    first, second = (
        Body(
            content_type="text/html",
            size_bytes=40_000 + number,
            text=f'<div id="traceback">&lt;Thing object at 0x7f000000{number}&gt;',
            truncated=True,
            digest=str(number),
        )
        for number in (1, 2)
    )
    assert compared(answer(first), answer(second)).verdict == "same beginning"
    assert compared(answer(first), answer(first)).verdict == "same"


def test_status_and_headers() -> None:
    headers = [("Date", "a"), ("ETag", "1"), ("X-Page", "1"), ("Set-Cookie", "s=1; Path=/")]
    others = [("Date", "b"), ("ETag", "2"), ("X-Page", "2"), ("Set-Cookie", "s=2; Path=/")]
    found = compared(answer("a", headers=headers), answer("b", headers=others, status=500))
    assert found.verdict == "500 now"
    assert [change.place for change in found.of("headers")] == ["x-page"]
    same = compared(answer("a", headers=headers), answer("a", headers=others), "header x-page")
    assert [change.place for change in same.changes] == ["etag"]
    assert same.verdict == "headers differ: etag"
    policy = "Content-Security-Policy"
    one, other = (
        answer("a", headers=[(policy, f"script-src 'nonce-{it}'"), ("X-CSRF-Token", it)])
        for it in "ab"
    )
    nonces = compared(one, other)
    assert (nonces.verdict, nonces.ignored_count) == ("same", 2)
    gone = compared(answer("a"), answer("a", status=None, cut="gone"))
    assert gone.verdict == "no response now"


def test_calls_are_compared_by_text_and_function() -> None:
    before = tuple(call(f"SELECT {n}") for n in (1, 1, 1, 2))
    after = (call("SELECT  1", line=99), call("SELECT 3"))
    found = compared(answer("a", calls=before), answer("a", calls=after))
    where = "sql /shop/views.py in orders"
    assert places(found) == [
        (where, "3 x SELECT 1", "SELECT 1"),
        (where, "SELECT 2", None),
        (where, None, "SELECT 3"),
    ]
    assert found.verdict == "same, 4 -> 2 sql"


def test_calls_of_a_repeat_are_of_one_place_though_only_the_first_have_a_stack() -> None:
    bare = structs.replace(call("SELECT 1"), stack=())
    before = (*[call("SELECT 1")] * 5, *[bare] * 36)
    found = compared(answer({"of": 1}, calls=before), answer({"of": 2}, calls=before[:1]))
    assert [change for change in places(found) if change[0].startswith("sql")] == [
        ("sql /shop/views.py in orders", "41 x SELECT 1", "SELECT 1")
    ]
    assert found.verdict == "body differs: $.of, 41 -> 1 sql"


@pytest.mark.parametrize("quote", ['"', "`"])
def test_djangos_savepoints_are_the_same_in_another_thread(quote: str) -> None:
    def answers(thread: int) -> Answer:
        name = f"{quote}s{thread}_x1{quote}"
        return answer(calls=(call(f"SAVEPOINT {name}"), call(f"RELEASE SAVEPOINT {name}")))

    assert not places(compared(answers(140_079_439_804_096), answers(139_793_602_180_800)))


def test_places_of_calls_are_as_short_as_elsewhere() -> None:
    there = structs.replace(call("SELECT 1"), file=str(Path.cwd() / "views.py"))
    (change,) = compared(answer("a", calls=(there,)), answer("a")).of("calls")
    assert change.place == "sql views.py in orders"


def test_all_calls_count_also_those_that_were_not_kept() -> None:
    totals = [(CallTotal(kind="sql", count=n, duration_ms=1),) for n in (41, 1)]
    first, second = (answer("a", call_totals=total) for total in totals)
    assert compared(first, second).verdict == "same, 41 -> 1 sql"


def test_output_is_compared_without_its_times() -> None:
    first = answer("a", output=("12:00:01,123 sold 1", "end"))
    second = answer("a", output=("12:00:02,456 sold 1", "the end"))
    found = compared(first, second)
    assert [(change.part, change.before) for change in found.changes] == [("output", "end")]
    assert found.verdict == "same"


def test_secrets_stay_masked() -> None:
    found = compared(answer({"api": {"password": "old"}}), answer({"api": {"password": "new"}}))
    (change,) = found.changes
    assert change.values(reveal=False) == (MASK, MASK)
    assert change.values(reveal=True) == ('"old"', '"new"')
    assert Change("body", "$.a", None, "1", secret=True).values(False) == (None, MASK)
    header = Change("headers", "location", "/a?token=x", "/a?token=y")
    assert header.values(reveal=False) == (f"/a?token={MASK}", f"/a?token={MASK}")
    form = [answer(f"name=a&password={one}", "application/x-www-form-urlencoded") for one in "xy"]
    assert compared(form[0], form[1]).changes == ()


@pytest.mark.parametrize("before", [None, '{"password": "hush-1"', '{"n": 1, "n": "hush-0"}'])
def test_secrets_in_what_is_no_whole_json_stay_masked(before: str | None) -> None:
    found = compared(answer(before), answer('{"n": 1, "n": 2, "password": "hush-2"'))
    (change,) = found.changes
    assert "hush-2" not in str(change.values(False))
    assert "hush-2" not in change.rule
    (change,) = compared(answer('{"token": "hush-1"'), answer('{"token": "hush-2"')).changes
    assert change.values(False) == (MASK, MASK)
    assert "hush-2" in str(change.values(True))


@pytest.mark.parametrize(
    "body",
    [
        {"users": [{"id": 1, "password": "hush-N"}]},
        {"user": {"name": "password", "value": "hush-N"}},
        {"headers": [["Accept", "a"], ["Cookie", "hush-N"]]},
    ],
)
def test_secrets_in_what_is_new_or_named_beside_it_stay_masked(body: Any) -> None:
    texts = [json.dumps(body).replace("N", number) for number in "12"]
    for first in (texts[0], "{}", '{"users": [], "user": null, "headers": [0]}'):
        for pair in ((first, texts[1]), (texts[1], first)):
            changes = compared(answer(pair[0]), answer(pair[1])).changes
            assert changes
            assert "hush-" not in str([one.values(False) for one in changes])
            assert "hush-2" in str([one.values(True) for one in changes])


def test_long_values_are_cut_around_what_differs() -> None:
    long = "x" * 400
    for before, after in (
        (answer({"text": f"{long} tea"}), answer({"text": f"{long} pie"})),
        (
            answer(headers=[("X-Policy", f"{long} tea")]),
            answer(headers=[("X-Policy", f"{long} pie")]),
        ),
    ):
        (change,) = compared(before, after).changes
        assert change.before is not None
        assert change.after is not None
        assert "tea" in change.before
        assert "pie" in change.after
        assert len(change.after) < 60
    # What comes before a secret says that it is one, so it is not cut off.
    for text in (
        '{"text": "{\\"%s\\": 1, \\"token\\": \\"hush-N\\"}"}',
        '["%s", {"token": "hush-N"}]',
    ):
        bodies = [answer((text % long).replace("N", number)) for number in "12"]
        (change,) = compared(bodies[0], bodies[1]).changes
        assert "hush" not in str(change.values(False))
    found = [answer(headers=[("Location", f"/{long}?token=hush-{n}")]) for n in "12"]
    (change,) = compared(found[0], found[1]).changes
    assert "hush" not in str(change.values(False))


@pytest.mark.parametrize(
    "text", ['"{\\"token\\": \\"hush-N\\"}"', '{"a": "[[\\"token\\", \\"hush-N\\"]]"}']
)
def test_secrets_of_json_in_a_string_stay_masked(text: str) -> None:
    (change,) = compared(answer(text.replace("N", "1")), answer(text.replace("N", "2"))).changes
    assert "hush" not in str(change.values(False))
    assert "hush" in str(change.values(True))


def test_the_project_keeps_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = ProjectFile(tmp_path, "compared")
    ignores = Ignores(file)
    ignores.add("json $.items[*].id")
    ignores.remove("moments")
    again = Ignores(file)
    assert (again.rules, again.complaint) == (["tokens", "json $.items[*].id"], "")
    file.write("tokens\ncolour red\n")
    again = Ignores(file)
    assert again.rules == ["tokens"]
    assert f"{file.path}, line 2: 'colour red' is not a rule" in again.complaint


def test_the_other_lines_of_the_file_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = ProjectFile(tmp_path, "compared")
    file.write("# mine\ntokens\ncolour red\n\nheader x-a\n")
    ignores, other = Ignores(file), Ignores(file)
    ignores.add("header x-b")
    assert file.read() == "# mine\ntokens\ncolour red\n\nheader x-a\nheader x-b\n"
    other.remove("header x-a")
    assert file.read() == "# mine\ntokens\ncolour red\n\nheader x-b\n"
    ignores.add("header x-a")  # in force there: the line is gone from the file alone
    assert ignores.rules == ["tokens", "header x-a", "header x-b"]
    ignores.remove("tokens")
    ignores.remove("header x-a")
    ignores.remove("header x-b")
    assert file.read() == "# mine\ncolour red\n\n"


def test_lines_beyond_the_limit_and_a_file_that_cannot_be_read_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = ProjectFile(tmp_path, "compared")
    file.write("".join(f"header x-{number}\n" for number in range(MAX_RULES + 5)))
    Ignores(file).remove("header x-0")
    assert file.read().splitlines() == [f"header x-{n}" for n in range(1, MAX_RULES + 5)]
    file.path.write_bytes(b"\xff")
    ignores = Ignores(file)
    with pytest.raises(StateFileError, match="it is not in UTF-8"):
        ignores.add("header x-1")
    assert file.path.read_bytes() == b"\xff"


def test_a_rule_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = ProjectFile(tmp_path, "compared")
    ignores = Ignores(file)
    found = compare(answer({"a\u2028b": 1}), answer({"a\u2028b": 2}), ignores)
    rule = found.changes[0].rule
    ignores.add(rule)
    assert Ignores(file).rules == ignores.rules
    assert Ignores(file).complaint == ""


def test_there_may_be_so_many_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = ProjectFile(tmp_path, "compared")
    file.write("".join(f"header x-{number}\n" for number in range(MAX_RULES + 1)))
    ignores = Ignores(file)
    assert len(ignores.rules) == MAX_RULES
    assert ignores.complaint == f"{file.path}, line 201: there are more than 200 rules."
    with pytest.raises(ValueError, match="There are 200 rules already"):
        ignores.add("header x-more")
    ignores.add("header x-1")  # is there already


def test_a_deep_or_a_broken_body_is_no_trouble() -> None:
    deep = "[" * 15_000
    found = compared(answer(deep), answer(deep + "1"))
    assert found.verdict == "body differs: line 1"
    many = [answer([n] * 5_000) for n in (1, 2)]
    found = compared(many[0], many[1])
    assert (len(found.changes), found.left_out) == (200, 4_800)


def test_the_parts_that_stay_the_same() -> None:
    bodies = [
        json.dumps({"items": [{"id": n, "price": 2}], "n": n, "at": "2026-01-02T03:04:05Z"})
        for n in (1, 2)
    ]
    assert same_parts(bodies, Ignores()) == {"items": [{"price": 2}]}
    assert same_parts(bodies[:1], Ignores()) == {"items": [{"id": 1, "price": 2}], "n": 1}
    assert same_parts(["[1, 2]", "[1, 3]"], Ignores()) == [1, ...]
    ignores = Ignores()
    ignores.add('json $["a b"]')
    assert same_parts(['{"a b": 1, "c": 2}'], ignores) == {"c": 2}
