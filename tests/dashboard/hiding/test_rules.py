"""Rules that hide rows, and the file that keeps them."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devtui.config.state_file import ProjectFile, StateFileError
from devtui.dashboard.hiding.rules import Rules
from devtui.filters.facts import Facts, PaneName
from devtui.filters.rule import MAX_RULES, covers, parse_rule, proposals

GET = Facts(method="get", status=200)


@given(
    st.text(st.characters(), max_size=30),
    st.builds(
        Facts,
        method=st.sampled_from(["get", "propfind", ""]),
        logger=st.text(st.characters() | st.just("."), max_size=8),
    ),
    st.sampled_from(["requests", "log"]),
)
@example("get  /text\x1b[201~\r\x15touch", Facts(method="get"), "requests")
@example("", Facts(logger=".a\nb"), "log")
def test_what_is_proposed_can_be_typed(target: str, facts: Facts, place: PaneName) -> None:
    for rule in proposals(f"{facts.method} 200 /{target}", facts, place):
        assert parse_rule(rule.text).text == rule.text


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFile:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return ProjectFile(tmp_path, "hidden")


@pytest.mark.parametrize(
    ("rule", "target", "hidden"),
    [
        ("/static/*", "/static/a.css", True),
        ("/static/*", "/static", True),
        ("/static/*", "/staticx/a", False),
        ("/poll", "/poll?since=17", True),
        ("/poll", "/poll/more", False),
        ("GET  /poll", "/poll", True),
        ("post /poll", "/poll", False),
        ("post /api/*", "/api/x", False),
        ("static files", "/a/b/app.js?v=3", True),
        ("static files", "/favicon.ico", True),
        ("static files", "/a.js/b", False),
        ("health checks", "/healthz", True),
        ("health checks", "/ping/", True),
        ("health checks", "/pong", False),
        ("debugger", "/?__debugger__=yes&cmd=resource&f=style.css", True),
        ("debugger", "/debugger", False),
    ],
)
def test_what_a_rule_hides(rule: str, target: str, hidden: bool) -> None:
    assert parse_rule(rule).hides(f"get 200 {target} 127.0.0.1 ", GET) is hidden


def test_a_rule_for_a_logger_hides_those_below_it() -> None:
    rule = parse_rule("logger:Shop.Cart")
    assert rule.hides("info", Facts(logger="shop.cart"))
    assert rule.hides("info", Facts(logger="shop.cart.items"))
    assert not rule.hides("info", Facts(logger="shop.cartoon"))
    assert not rule.hides("info", Facts())


def test_no_rule_hides_an_error() -> None:
    failed = Facts(method="get", status=500, failed=True)
    assert not parse_rule("/static/*").hides("get 500 /static/a", failed)
    assert not parse_rule("logger:shop").hides("x", Facts(logger="shop", failed=True))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Type a path"),
        ("static", "'static' is not a rule. Type a path"),
        ("fetch /x", "'fetch /x' is not a rule"),
        ("logger:", "Type the logger's name after logger:"),
        ("/a*b", r"A \* may stand only at the end"),
        ("/*", "would hide every request"),
        ("/" + "x" * 600, "at most 500 characters"),
    ],
)
def test_what_is_no_rule_says_what_to_type(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_rule(typed)


@pytest.mark.parametrize(
    ("target", "offered"),
    [
        ("/", ["get /"]),
        (
            "/api/v1/items/17?x=1",
            ["get /api/v1/items/17", "/api/v1/items/*", "/api/v1/*", "/api/*"],
        ),
        ("/static/a.css", ["static files", "get /static/a.css", "/static/*"]),
        ("/healthz", ["health checks", "get /healthz"]),
        ("/?__debugger__=yes&f=x", ["debugger"]),
        ("*", []),
    ],
)
def test_the_rules_offered_for_a_request(target: str, offered: list[str]) -> None:
    found = proposals(f"get 200 {target} 127.0.0.1", GET, "requests")
    assert [rule.text for rule in found] == offered
    assert all(rule.hides(f"get 200 {target} 127.0.0.1", GET) for rule in found)


def test_the_rules_offered_for_a_log_line() -> None:
    found = proposals("info shop.cart x", Facts(logger="shop.cart"), "log")
    assert [rule.text for rule in found] == ["logger:shop.cart", "logger:shop"]
    assert proposals("out x", Facts(), "log") == []
    assert proposals("info root x", Facts(logger="root"), "log") == []


def test_the_debuggers_own_resources_are_hidden_from_the_start(file: ProjectFile) -> None:
    rules = Rules(file)
    hides = rules.of("requests")
    assert hides is not None
    assert hides("get 200 /?__debugger__=yes&cmd=resource&f=console.png x", GET)
    in_log = rules.of("log")
    assert in_log is not None
    assert in_log("info loaded get /?__debugger__=yes&cmd=resource", GET)
    assert not in_log("info says get /?__debugger__=yes&cmd=resource", Facts())
    assert rules.kept
    assert not file.path.exists()


def test_rules_are_kept_when_asked_and_read_again(file: ProjectFile) -> None:
    rules = Rules(file)
    rules.add(parse_rule("/static/*"))
    assert not rules.kept
    assert not file.path.exists()
    rules.keep()
    assert rules.kept
    again = Rules(file)
    assert again.texts == ["debugger", "/static/*"]
    assert again.kept
    assert again.complaint == ""


def test_a_rule_is_there_once_and_not_without_end(file: ProjectFile) -> None:
    rules = Rules(file)
    rules.add(parse_rule("/a"))
    with pytest.raises(ValueError, match="There is a rule /a already"):
        rules.add(parse_rule("/A"))
    rules.add(parse_rule("/a/*"), 1)
    assert rules.texts == ["debugger", "/a/*"]
    for number in range(MAX_RULES - 2):
        rules.add(parse_rule(f"/{number}"))
    with pytest.raises(ValueError, match="200 rules already"):
        rules.add(parse_rule("/more"))


def test_a_broken_line_is_named_and_the_others_work(file: ProjectFile) -> None:
    file.write("# mine\n/static/*\nnonsense\n\n/poll\n")
    rules = Rules(file)
    assert rules.texts == ["/static/*", "/poll"]
    assert f"{file.path}, line 3: 'nonsense' is not a rule." in rules.complaint


def test_keeping_edits_only_the_lines_of_changed_rules(file: ProjectFile) -> None:
    file.write("# mine\r\n  /Static/*\nnonsense\n\n/poll\n# the last\n/static/*\n/end")
    rules = Rules(file)
    rules.keep()
    assert file.read() == "# mine\r\n  /Static/*\nnonsense\n\n/poll\n# the last\n/static/*\n/end"
    rules.add(parse_rule("/poll/*"), at=rules.texts.index("/poll"))
    rules.add(parse_rule("/more"))
    rules.keep()
    assert file.read() == (
        "# mine\r\n  /Static/*\nnonsense\n\n/poll/*\n# the last\n/static/*\n/end\n/more\n"
    )
    del rules.all[0]
    rules.keep()
    assert file.read() == "# mine\r\nnonsense\n\n/poll/*\n# the last\n/end\n/more\n"
    assert Rules(file).texts == ["/poll/*", "/end", "/more"]


def test_what_another_devtui_has_kept_meanwhile_stays(file: ProjectFile) -> None:
    mine, other = Rules(file), Rules(file)
    other.add(parse_rule("/theirs"))
    other.keep()
    mine.add(parse_rule("/mine"))
    mine.keep()
    assert Rules(file).texts == ["debugger", "/theirs", "/mine"]
    other.add(parse_rule("/mine"))
    other.keep()
    assert Rules(file).texts == ["debugger", "/theirs", "/mine"]


def test_a_rule_that_the_config_has_too_stays_in_the_file(file: ProjectFile) -> None:
    file.write("/poll\n/static/*\n")
    rules = Rules(file, {"/poll": "devtui.toml, line 1"})
    rules.add(parse_rule("/mine"))
    rules.keep()
    assert file.read() == "/poll\n/static/*\n/mine\n"


def test_a_file_that_cannot_be_read_is_left_alone(file: ProjectFile) -> None:
    file.write("")
    file.path.write_bytes(b"\xff")
    rules = Rules(file)
    rules.add(parse_rule("/mine"))
    with pytest.raises(StateFileError, match="it is not in UTF-8"):
        rules.keep()
    assert file.path.read_bytes() == b"\xff"


def test_a_file_that_cannot_be_read_leaves_the_default(file: ProjectFile) -> None:
    file.write("")
    file.path.write_bytes(b"\xff")
    rules = Rules(file)
    assert rules.texts == ["debugger"]
    assert "not in UTF-8" in rules.complaint


@pytest.mark.parametrize(
    ("rule", "other", "covered"),
    [
        ("/api/*", "/api/poll", True),
        ("/api/*", "/api/v2/*", True),
        ("/api/*", "get /api/*", True),
        ("/api/*", "/api", True),
        ("/api*", "/api/*", True),
        ("/api/*", "/api*", False),  # which hides /apis too
        ("/api/v2/*", "/api/*", False),
        ("get /api/*", "/api/poll", False),
        ("get /api/*", "get /api/poll", True),
        ("post /api/*", "get /api/poll", False),
        ("/poll", "get /poll", True),
        ("/poll", "/poll/*", False),
        ("static files", "/static/a.css", True),
        ("static files", "/static/*", False),
        ("health checks", "get /healthz", True),
        ("/static/*", "static files", False),
        ("/api/*", "/api/*", False),
        ("logger:shop", "logger:shop.db", True),
        ("logger:shop.db", "logger:shop", False),
        ("logger:shop", "logger:shopping", False),
        ("/api/*", "logger:shop", False),
    ],
)
def test_which_rule_makes_another_one_needless(rule: str, other: str, covered: bool) -> None:
    assert covers(parse_rule(rule), parse_rule(other)) is covered
