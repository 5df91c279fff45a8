"""The words of a filter."""

import pytest

from devtui.filters.facts import Facts, Measures, PaneName
from devtui.filters.query import Query
from devtui.filters.word_completion import common_start, completions, path_in

POST = Measures(Facts(method="post", status=404), 250.0, 2_000_000)
RUNNING = Measures(Facts(method="get"))
ERROR = Measures(Facts(stream="log", level="error", logger="shop.cart", failed=True))
PRINTED = Measures(Facts(stream="stdout"))


def keeps(query: str, measures: Measures, text: str = "", place: PaneName = "requests") -> bool:
    return Query(query, place).keeps(text, measures)


@pytest.mark.parametrize(
    "words", ["post", "404", "4xx", ">200ms", ">1mb", "<1s", "!get", "POST 4xx !5xx >0.2s"]
)
def test_words_that_keep_a_request(words: str) -> None:
    assert keeps(words, POST, "post 404 /x")


@pytest.mark.parametrize(
    "words", ["get", "5xx", "405", ">1s", ">2mb", "!post", "post 5xx", "<100kb"]
)
def test_words_that_leave_a_request_out(words: str) -> None:
    assert not keeps(words, POST, "post 404 /x")


def test_a_running_request_has_no_duration_yet() -> None:
    assert not keeps(">0ms", RUNNING)
    assert not keeps("<5s", RUNNING)
    assert keeps("!>1s", RUNNING)


def test_post_is_the_method_and_not_a_part_of_the_path() -> None:
    get = Measures(Facts(method="get", status=200))
    assert not keeps("post", get, "get 200 /posts")
    assert keeps("/post", get, "get 200 /posts")
    assert keeps('"post"', get, "get 200 /posts")


@pytest.mark.parametrize(
    "words", ["level:error", "level:warn", "level:err", "logger:shop", "!out", "LOGGER:Shop.Cart"]
)
def test_words_that_keep_a_log_line(words: str) -> None:
    assert keeps(words, ERROR, "error shop.cart x", "log")


@pytest.mark.parametrize("words", ["level:critical", "logger:cart", "out", "err"])
def test_words_that_leave_a_log_line_out(words: str) -> None:
    assert not keeps(words, ERROR, "error shop.cart x", "log")


def test_streams() -> None:
    assert keeps("out", PRINTED, "", "log")
    assert not keeps("err", PRINTED, "", "log")


def test_texts_and_regexes_are_combined_with_and() -> None:
    assert keeps(r"item !static /\d{2}/", RUNNING, "get  /item/17")
    assert not keeps(r"item !static /\d{3}/", RUNNING, "get  /item/17")
    assert not keeps(r"item !17", RUNNING, "get  /item/17")
    assert keeps('"two words"', RUNNING, "x two words y")
    assert not keeps('"words two"', RUNNING, "x two words y")
    assert keeps("!/x$/", RUNNING, "xy")


def test_calls_are_counted_by_kind() -> None:
    busy = Measures(Facts(calls=(12, 2, 0, 30)))
    idle = Measures(Facts(calls=(0, 0, 0, 0)))
    for text in ("sql>11", "sql<13", "http>1", "template>29", "cache<1", "!sql>12", "sql>0 http<3"):
        assert keeps(text, busy, ""), text
    for text in ("sql>12", "sql<12", "cache>0", "http>2"):
        assert not keeps(text, busy, ""), text
    assert keeps("sql<1", idle, "")
    assert not keeps("sql<1", RUNNING, "")


@pytest.mark.parametrize(
    ("text", "place", "note"),
    [
        ("level:loud", "log", "levels are debug, info, warning, error, critical"),
        ("level:error", "requests", "level: works in the log"),
        (">200ms", "log", "rows here have no duration"),
        (">1mb", "reloads", "rows here have no size"),
        (">200", "requests", "write a unit: ms, s, kb or mb"),
        (">", "requests", "write >200ms, >1s or >10kb"),
        ("sql>10", "log", "sql> works in the requests"),
        ("sql>", "requests", "write a number of calls: sql>10"),
        ("/a(b", "requests", "a regex ends with /"),
        ("/a(b/", "requests", "the regex /a(b/: a ( has no )"),
        ("!", "requests", "type what to leave out after the !"),
        ("a " * 30, "log", "a filter has at most 20 words"),
    ],
)
def test_words_that_are_not_understood_say_why_and_hide_nothing(
    text: str, place: PaneName, note: str
) -> None:
    query = Query(text, place)
    assert query.note == note
    assert query.keeps("a", RUNNING)


@pytest.mark.parametrize("path", ["/api/items", "/api/items/", "/items?page=2", "/a"])
def test_a_path_is_no_regex(path: str) -> None:
    assert [word.kind for word in Query(path).words] == ["text"]


@pytest.mark.parametrize(
    ("before", "after", "narrows"),
    [
        ("it", "item", True),
        ("it", "item 5xx", True),
        ("5xx", "5xx item", True),
        ("!it", "!item", False),
        ("pos", "post", False),
        ("5xx", "4xx", False),
        ("item", "it", False),
        ("a >", "a >1s", True),
        ("/a+/", "/a+/ b", True),
    ],
)
def test_a_longer_filter_narrows_a_shorter_one(before: str, after: str, narrows: bool) -> None:
    assert Query(after).narrows(Query(before)) is narrows


def test_words_are_completed() -> None:
    facts = [Facts(method="report", status=418)]
    texts = [
        "get 200 /api/items/17?x=/api/no 127.0.0.1",
        "get  /api/users 127.0.0.1",
        "get 200 /about x",
    ]
    assert completions("po", "requests", facts, texts) == ["post"]
    assert completions("!del", "requests", facts, texts) == ["!delete"]
    assert completions("41", "requests", facts, texts) == ["418"]
    assert completions("re", "requests", facts, texts) == ["report"]
    assert completions("/ap", "requests", facts, texts) == ["/api"]
    assert completions("/api/", "requests", facts, texts) == ["/api/items/", "/api/users"]
    assert completions("level:w", "log", [], []) == ["level:warning"]
    assert completions("logger:s", "log", [Facts(logger="shop")], []) == ["logger:shop"]
    assert completions("", "log", [], []) == []
    assert common_start(["level:error", "level:debug"]) == "level:"
    assert path_in("get  /x?y=1 ::1") == "/x"
