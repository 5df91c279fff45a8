"""Hide rows of a kind, and show them again."""

from pathlib import Path

import pytest

from devtui.config.settings import Settings
from devtui.config.state_file import ProjectFile
from devtui.dashboard.hiding.hide_dialog import HideDialog
from devtui.dashboard.hiding.hiding import HIDDEN_ALREADY, NO_LOGGER, ONLY_AN_ERROR, ONLY_THOSE
from devtui.dashboard.hiding.rules_dialog import RulesDialog
from tests.support.config import preferences_of
from tests.support.driver import Driver, running
from tests.support.fakes import FakeSession, a_morning, line, raised, request, started


def kept_file() -> ProjectFile:
    return ProjectFile(Path.cwd(), "hidden")


async def test_h_offers_rules_with_their_rows_and_hides(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    await ui.shows("Requests 9")
    await ui.press("home", "down", "h")
    await ui.shows("static files")
    await ui.shows("3 rows")
    await ui.shows("get /static/style.css")
    await ui.shows("/static/*")
    await ui.press("down", "down", "enter")
    await ui.shows("Requests 7 · 2 hidden")
    await ui.shows("2 rows hidden by /static/*")
    ui.session.feed(*request(90, "/static/new.js"), *request(91, "/new"))
    await ui.shows("Requests 8 · 3 hidden")
    assert not kept_file().path.exists()


async def test_rules_are_those_of_the_project_wherever_devtui_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config above the working folder may name the app, and devtui.run() its program."""
    shop, elsewhere = tmp_path / "shop", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    session = FakeSession(Settings(app="hello:app", folder=shop))
    elsewhere.rmdir()
    async with running(session) as ui:
        ui.session.feed(*request(1, "/static/a.css"))
        await ui.shows("Requests 1")
        await ui.press("h", "k")
        kept = ProjectFile(shop, "hidden")
        await ui.until(lambda: "static files" in kept.read(), "the rule in the project's file")


async def test_an_error_is_never_hidden(ui: Driver) -> None:
    ui.session.feed(*request(1, "/api/a"), *request(2, "/api/b", status=500), *request(3, "/api/c"))
    await ui.shows("Requests 3")
    await ui.press("home", "h", "down", "enter")
    await ui.shows("Requests 1 · 2 hidden")
    await ui.shows("/api/b")
    ui.session.feed(raised(3))  # after its end
    await ui.shows("Requests 2 · 1 hidden")
    await ui.shows("/api/c")
    ui.session.feed(started(4, "/api/d"), raised(4), *request(4, "/api/d")[1:])
    await ui.shows("Requests 3 · 1 hidden")


async def test_the_log_of_hidden_requests_is_hidden_with_them(ui: Driver) -> None:
    said = [line(f"polled {n}", request_id=f"r{n}") for n in (1, 2, 3)]
    bad = line("oh no", level="ERROR", request_id="r2")
    start, end = zip(*(request(n, "/poll?since=1") for n in (1, 2)), strict=True)
    ui.session.feed(*start, *said[:2], bad, *end, line("polled get /poll"), *request(9, "/x"))
    await ui.shows("Requests 3")
    await ui.press("home", "h")
    await ui.shows("2 rows")
    await ui.press("enter")
    await ui.shows("Requests 1 · 2 hidden")
    await ui.shows("Log 2 · 2 hidden")
    await ui.shows("2 rows hidden by get /poll, and 2 rows of the log.")
    begun, ended = request(3, "/poll", status=500)
    ui.session.feed(begun, said[2])
    await ui.shows("Log 2 · 3 hidden")
    ui.session.feed(ended)
    await ui.shows("Requests 2 · 2 hidden")
    await ui.shows("Log 3 · 2 hidden")
    await ui.shows("polled 3")
    ui.session.feed(raised(1))
    await ui.shows("Log 4 · 1 hidden")


async def test_a_filter_counts_what_it_leaves_out_besides(ui: Driver) -> None:
    ui.session.feed(*a_morning())
    await ui.shows("Requests 9")
    await ui.press("home", "down", "h", "enter", "slash", *"post")
    await ui.shows("Requests 1 of 6 · 3 hidden")
    await ui.shows("5 left out")


async def test_the_debuggers_resources_are_hidden_from_the_start(ui: Driver) -> None:
    ui.session.feed(*request(1, "/?__debugger__=yes&cmd=resource&f=style.css"), *request(2, "/x"))
    await ui.shows("Requests 1 · 1 hidden")


async def test_a_logger_is_hidden(ui: Driver) -> None:
    for text in ("one", "two"):
        ui.session.feed(line(text, level="INFO", logger="noise.http"))
    ui.session.feed(line("bad", level="ERROR", logger="noise.http"), line("printed"))
    await ui.shows("Log 4")
    await ui.press("2", "home", "h")
    await ui.shows("logger:noise.http")
    await ui.press("down", "enter")
    await ui.shows("Log 2 · 2 hidden")


async def test_what_cannot_be_hidden_says_why(ui: Driver) -> None:
    ui.session.feed(line("printed"), started(1), raised(1))
    await ui.shows("Errors 1")
    await ui.press("2", "h")
    await ui.press("4", "h")
    assert ui.toasts == [NO_LOGGER, ONLY_THOSE]


async def test_k_keeps_the_rule_for_the_project() -> None:
    async with running() as ui:
        ui.session.feed(*a_morning())
        await ui.shows("Requests 9")
        await ui.press("home", "down", "h", "k")
        await ui.until(lambda: "Kept for you in this project" in "".join(ui.toasts))
    assert "static files" in kept_file().read()
    async with running() as ui:
        ui.session.feed(*a_morning())
        await ui.shows("Requests 6 · 3 hidden")
        await ui.press("H")
        await ui.shows("Kept for you in ")


async def test_rules_are_listed_edited_and_restored(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ui.session.feed(*a_morning())
    await ui.shows("Requests 9")
    await ui.press("H")
    await ui.shows("debugger")
    await ui.press("a", *"nonsense", "enter")
    await ui.shows("'nonsense' is not a rule.")
    await ui.shows("─ enter hide   escape cancel ─")  # the other keys are typed
    field = ui.app.screen.query_one("Input")
    field.value = "/api/*"  # type: ignore[attr-defined]
    await ui.press("enter")
    await ui.shows("Requests 7 · 2 hidden")
    await ui.shows("k keeps them for you in this project")
    await ui.shows("x show again")
    await ui.press("enter")
    field.value = "/login"  # type: ignore[attr-defined]
    await ui.press("enter")
    await ui.shows("Requests 8 · 1 hidden")
    await ui.press("k")
    await ui.shows("Kept for you in ")
    assert kept_file().read().splitlines()[1:] == ["debugger", "/login"]
    copied: list[str] = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append(text))
    await ui.press("y")
    await ui.until(lambda: copied)
    assert [one.text for one in preferences_of(copied[0]).hidden] == ["debugger", "/login"]
    await ui.press("x")
    await ui.until(lambda: "hidden" not in str(ui.app.main.requests.border_title))
    await ui.press("escape")
    await ui.until(lambda: not isinstance(ui.app.screen, RulesDialog))


async def test_escape_first_stops_typing(ui: Driver) -> None:
    await ui.press("H", "a", "escape")
    assert isinstance(ui.app.screen, RulesDialog)
    await ui.press("escape")
    assert not isinstance(ui.app.screen, RulesDialog)


async def test_a_broken_file_says_so_once(state_folder: Path) -> None:
    kept_file().write("/static/*\nnonsense\n")
    async with running(size=(200, 50)) as ui:
        told = [one.message for one in ui.app._notifications]
        assert len(told) == 1
        assert "line 2:" in told[0]
        ui.session.feed(*a_morning())
        await ui.shows("Requests 7 · 2 hidden")


@pytest.fixture
def in_the_way(state_folder: Path) -> None:
    state_folder.write_text("a file in the place of the folder")


@pytest.mark.usefixtures("in_the_way")
async def test_a_folder_that_cannot_be_written_says_so() -> None:
    async with running() as ui:
        ui.session.feed(*a_morning())
        await ui.shows("Requests 9")
        await ui.press("home", "down", "h", "k")
        await ui.until(lambda: ui.toasts)
        assert "The rule is in force until you leave" in ui.toasts[0]


async def test_hidden_rows_stay_hidden_in_every_order_of_events(ui: Driver) -> None:
    await ui.press("H", "a")
    ui.app.screen.query_one("Input").value = "/api/*"  # type: ignore[attr-defined]
    await ui.press("enter", "escape")
    ui.session.feed(started(1, "/api/slow"), *request(2, "/x"), started(3, "/api/fails"))
    await ui.shows("Requests 1 · 2 hidden")
    ui.session.feed(request(1, "/api/slow")[1], request(3, "/api/fails", status=503)[1])
    await ui.shows("Requests 2 · 1 hidden")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_dialog_fits(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        ui.session.feed(*request(1, "/a/very/long/path/" + "x" * 200))
        await ui.shows("Requests 1")
        await ui.press("h")
        assert isinstance(ui.app.screen, HideDialog)
        await ui.shows("k keep it for you")
        await ui.shows("1 row")


async def test_an_error_is_offered_only_rules_that_hide_something(ui: Driver) -> None:
    ui.session.feed(*request(1, "/api/good"), *request(2, "/api/bad", status=500))
    await ui.shows("Requests 2")
    await ui.press("h")
    await ui.shows("/api/*")
    assert "0 rows" not in ui.screen()
    assert "get /api/bad" not in ui.screen()
    await ui.press("enter")
    await ui.shows("Requests 1 · 1 hidden")
    await ui.press("h")
    ui.session.feed(*request(3, "/alone", status=500))
    await ui.shows("Requests 2 · 1 hidden")
    await ui.press("end", "h")
    assert ui.toasts[1:] == [ONLY_AN_ERROR, ONLY_AN_ERROR]
    assert HIDDEN_ALREADY not in ui.toasts
    assert ui.app.screen is ui.app.main


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_rule_that_another_one_covers_says_so(
    size: tuple[int, int], state_folder: Path
) -> None:
    kept_file().write("/api/poll\n/api/*\n/other\n")
    async with running(size=size) as ui:
        ui.session.feed(*request(1, "/api/poll"), *request(2, "/api/x"))
        await ui.press("H")
        await ui.shows("another rule")
        shown = ui.screen().splitlines()
        poll = next(text for text in shown if " /api/poll  " in text)
        assert "covered by /api/*" in poll
        assert "1 row" in poll
        assert sum("covered by" in text for text in shown) == 1


async def test_a_cleared_list_with_a_filter_does_not_count_nothing(ui: Driver) -> None:
    ui.session.feed(*request(1, "/static/a.css"), *request(2, "/x"))
    await ui.shows("Requests 2")
    await ui.press("home", "h", "enter", "slash", *"x", "enter", "c")
    await ui.shows("1 Requests 0 ")
    await ui.shows("Cleared at 12:")
    ui.session.feed(*request(3, "/static/a.css"))
    await ui.shows("1 Requests 0 · 1 hidden ")
    ui.session.feed(*request(4, "/y"))
    await ui.shows("1 Requests 0 of 1 · 1 hidden ")
