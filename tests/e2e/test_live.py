"""Open pages of a real browser follow what is saved, and nothing else is touched."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from devtui.events import PagesFollowing, RequestFinished
from devtui.session.live import live_pages, page_saves
from devtui.session.live.reload_pace import REST_SECONDS
from devtui.session.state import State
from tests.support import processes
from tests.support.live import Live, Serve
from tests.support.pages import SIGN, connected, follow, holds, served, shows, take_in, visits
from tests.support.processes import DEADLINE
from tests.support.projects import app_source, write
from tests.support.terminal.dashboard_page import wait_reload, wait_serving
from tests.support.terminal.starter import Devtui

pytestmark = pytest.mark.e2e

APP = app_source("live/pages.py")
# Before this file is there the app does not load.
GATE = """\
import pathlib, time
while not pathlib.Path(__file__).with_name("gate.open").exists():
    time.sleep(0.01)
"""
PAGE = """\
<!doctype html><html><head><title>x</title>
<link rel="stylesheet" href="/static/site.css"></head>
<body><h1>{{ text }}</h1><p>old</p><form method="post"><input id="name" name="name">
<button>send</button></form><img id="dot" src="/static/dot.svg"><div style="height:3000px"></div>
</body></html>
"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}"></svg>'
PAGE_FILE = "templates/page.html"
PROJECT = {
    "app.py": APP,
    PAGE_FILE: PAGE,
    "static/site.css": "h1 { color: rgb(1, 1, 1) } form { background: url(dot.svg) }",
    "static/dot.svg": DOT.format(10),
}

COLOUR = "getComputedStyle(document.querySelector('h1')).color"


@pytest.fixture
def live(serve: Serve) -> Live:
    live = serve(PROJECT)
    live.serving()
    return live


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(tmp_path_factory.mktemp("shared"), PROJECT) as live:
        yield live


@pytest.fixture
def shared(session: Live) -> Live:
    """One session, for tests that need no fresh one; the page of the last test is gone."""
    connected(session, 0)
    return session


def save(folder: Path, text: str) -> None:
    write(folder, {"app.py": APP.replace("first", text)})


def test_saved_code_shows_by_one_reload_in_the_same_place(
    live: Live, folder: Path, page: Any
) -> None:
    follow(live, page)
    page.evaluate("scrollTo(0, 1200)")
    save(folder, "second")
    shows(page, "second")
    assert page.evaluate("scrollY") == 1200
    assert page.evaluate("document.querySelectorAll('script').length") == 0
    connected(live)
    for text in ("third", "fourth", "fifth"):  # at once
        save(folder, text)
    shows(page, "fifth")
    connected(live)
    assert visits(live) == 3
    checkout = {f"static/script{number}.js": "// new" for number in range(60)}
    checkout["templates/page.html"] = PAGE.replace("old", "new")
    write(folder, {**checkout, "app.py": APP.replace("first", "sixth")})
    shows(page, "sixth")
    connected(live)
    assert visits(live) == 4
    told = [event.count for event in live.all(PagesFollowing)]
    assert told == [1], "the header does not flicker"
    assert not [row for row in live.all(RequestFinished) if "devtui" in row.target]


@pytest.mark.parametrize("kind", ["code", "template"])
def test_the_first_of_several_saves_shows_at_once_and_the_others_together(
    live: Live, folder: Path, page: Any, kind: str
) -> None:
    """Three saves in a second are two reloads. The number must not depend on the machine's pace."""
    text, file, selector = ("first", "app.py", "h1") if kind == "code" else ("old", PAGE_FILE, "p")
    follow(live, page)
    began = time.monotonic()
    for saved in ("second", "third", "fourth"):
        write(folder, {file: PROJECT[file].replace(text, saved)})
        if saved == "second":
            shows(page, "second", selector)
            assert visits(live) == 2
        live.run(live.session.unloaded_saves(look=True))
        live.until(lambda: not live.session.reloading)
    elapsed = time.monotonic() - began
    shows(page, "fourth", selector)
    connected(live)
    assert visits(live) <= 3 + int(elapsed / REST_SECONDS)


def test_saves_that_come_before_new_code_is_served_are_one_reload(
    live: Live, folder: Path, page: Any
) -> None:
    follow(live, page)
    for text in ("second", "third", "fourth"):
        write(folder, {"app.py": GATE + APP.replace("first", text)})
        live.run(live.session.unloaded_saves(look=True))
    write(folder, {"gate.open": ""})
    shows(page, "fourth")
    connected(live)
    assert visits(live) == 2


SLOW = app_source("live/slow.py")


def test_a_page_that_waits_for_its_answer_begins_again_before_that_is_cut(
    serve: Serve, folder: Path, page: Any
) -> None:
    """The browser would show its own error, and follow no more."""
    live = serve(SLOW)
    live.serving()
    follow(live, page)
    write(folder, {"app.py": SLOW.replace("first", "second")})
    live.line("asked for second")
    write(folder, {"app.py": SLOW.replace("first", "third")})
    shows(page, "third")
    connected(live)
    assert [row.generation for row in live.all(RequestFinished)] == [1, 2, 3]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_document_that_is_cut_before_its_answer_is_not_lost(
    serve: Serve, folder: Path, page: Any, method: str
) -> None:
    """The browser would show its own error, and follow no more."""
    source = SLOW.replace('get("/")', 'route("/", methods=["GET", "POST"])')
    live = serve(source.replace("first", "second"), grace=0.1)
    live.serving()
    page.set_content(
        f"<form action='{live.session.url}' method={method}><button>go</button></form>"
    )
    page.click("button", no_wait_after=True)
    live.line("asked for second")
    write(folder, {"app.py": source.replace("first", "third")})
    if method == "POST":
        page.get_by_role("button", name="send it again").click()
    shows(page, "third")
    connected(live)
    row = next(row for row in live.all(RequestFinished) if row.generation == 1)
    assert row.cut == "cut by reload"


def test_a_checkout_of_many_files_is_one_reload(live: Live, folder: Path, page: Any) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)

    def parts(text: str) -> dict[str, str]:
        files = {f"parts/part{number}.py": f"TEXT = {text!r}" for number in range(150)}
        files |= {f"templates/part{number}.html": text for number in range(149)}
        return {**files, "app.py": APP.replace("first", text), ".gitignore": "__pycache__/"}

    if shutil.which("git") is None:
        pytest.skip("there is no git on this machine")
    write(folder, {".gitignore": "__pycache__/\n"})  # the app's bytecode may change at any time
    git("init", "-q", "-b", "main")
    for text in ("third", "second"):
        write(folder, parts(text))
        git("add", ".")
        git("commit", "-q", "-m", text)
    live.run(live.session.unloaded_saves(look=True))
    live.until(lambda: not live.session.reloading)
    follow(live, page)
    shows(page, "second")
    before, generation = visits(live), live.session.generation
    git("checkout", "-q", "HEAD~")
    shows(page, "third")
    connected(live)
    live.run(live.session.unloaded_saves(look=True))
    assert (visits(live), live.session.generation) == (before + 1, generation + 1)


def test_all_windows_follow_and_the_app_has_no_thread_for_them(
    serve: Serve, folder: Path, page: Any
) -> None:
    live = serve(PROJECT, threaded=False)
    live.serving()
    pages = [page, *(page.context.new_page() for _ in range(7))]
    for count, one in enumerate(pages, 1):
        follow(live, one, count=count)
    save(folder, "second")
    for one in pages:
        shows(one, "second")
    connected(live, 8)


def test_a_template_reloads_without_a_new_process(live: Live, folder: Path, page: Any) -> None:
    follow(live, page)
    write(folder, {"templates/page.html": PAGE.replace("old", "new")})
    shows(page, "new", "p")
    assert (live.session.generation, visits(live)) == (1, 2)


def test_a_form_keeps_its_text_while_styles_and_images_change(
    live: Live, folder: Path, page: Any
) -> None:
    follow(live, page)
    page.fill("#name", "half filled")
    css = PROJECT["static/site.css"].replace("1, 1, 1", "2, 2, 2")
    write(folder, {"static/site.css": css})
    holds(page, f"{COLOUR} === 'rgb(2, 2, 2)'")
    write(folder, {"static/dot.svg": DOT.format(20)})
    holds(page, "document.querySelector('#dot').naturalWidth === 20")
    background = "getComputedStyle(document.querySelector('form')).backgroundImage"
    holds(page, f"{background}.includes('/static/dot.svg?devtui=')")
    assert page.input_value("#name") == "half filled"
    assert page.locator("link").count() == 1
    assert visits(live) == 1


def test_an_editor_that_renames_its_new_file_saves_once(
    live: Live, folder: Path, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_saves, "RENAME_SECONDS", DEADLINE)
    follow(live, page)
    page.fill("#name", "half filled")
    css = PROJECT["static/site.css"].replace("1, 1, 1", "2, 2, 2")
    save_by_rename(live, folder / "static/site.css", css)
    holds(page, f"{COLOUR} === 'rgb(2, 2, 2)'")
    assert page.input_value("#name") == "half filled"
    save_by_rename(live, folder / PAGE_FILE, PAGE.replace("old", "new"))
    shows(page, "new", "p")
    connected(live)
    assert visits(live) == 2


def save_by_rename(live: Live, file: Path, text: str) -> None:
    """Save as PyCharm does; the new file is noticed before it is renamed."""
    new = file.with_name(file.name + "___jb_tmp___")
    new.write_text(text)
    live.run(live.session.unloaded_saves(look=True))
    new.rename(file)


def test_a_file_of_another_kind_is_a_part_of_pages_too(live: Live, folder: Path, page: Any) -> None:
    follow(live, page)
    with page.expect_navigation():
        write(folder, {"static/prices.txt": "12"})


def test_a_failed_reload_shows_its_error_and_the_fix_brings_the_page_back(
    live: Live, folder: Path, page: Any
) -> None:
    follow(live, page)
    page.evaluate("scrollTo(0, 1200)")
    for name in ("nothing_of_this_name", "nor_of_this_name"):
        write(folder, {"app.py": f"import {name}\n" + APP})
        holds(page, f"document.body?.innerText.includes({name!r})")
        connected(live)
    save(folder, "second")
    shows(page, "second")
    holds(page, "scrollY === 1200")


def test_an_answer_to_a_form_is_not_sent_again_without_asking(
    live: Live, folder: Path, page: Any
) -> None:
    follow(live, page)
    page.click("button")
    live.until(lambda: visits(live) == 2)
    page.wait_for_load_state()
    save(folder, "second")
    holds(page, f"({SIGN}).includes('send it again')")
    shows(page, "first")
    assert visits(live) == 2
    page.get_by_role("button", name="Dismiss").click()
    assert page.evaluate(SIGN) == ""


@pytest.mark.parametrize(
    "target",
    [
        "/bare",
        "/policy?is=default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; connect-src 'self'",
        "/policy?is=default-src 'self'; require-trusted-types-for 'script'",
        "/policy?is=sandbox allow-scripts",
        "/policy?name=Integrity-Policy&is=blocked-destinations=(script)",
        "/compressed",
        "/streamed",
        "/framed",
        "/no-such-page",
    ],
)
def test_whatever_the_page_is_it_follows(shared: Live, page: Any, target: str) -> None:
    follow(shared, page, target)
    with page.expect_navigation():  # a function to wait for would break strict policies
        save(shared.session.settings.folder, f"saved for {target}")
    connected(shared)


def test_a_policy_that_forbids_it_is_said_once(live: Live, page: Any) -> None:
    for _ in range(2):
        page.goto(live.session.url + "/policy?is=default-src 'none'")
    line = "A page of the app does not follow saves: its Content-Security-Policy forbids that"
    assert line in live.line("does not follow").text
    live.get("/bare")
    assert len(live.lines("does not follow")) == 1


def test_a_streamed_page_is_not_held_back(shared: Live, page: Any) -> None:
    page.goto(shared.session.url + "/streamed?rest=20", wait_until="commit")
    shows(page, "soon", "p")
    connected(shared)


def test_the_network_is_idle_while_a_page_is_connected(shared: Live, page: Any) -> None:
    page.goto(shared.session.url, wait_until="networkidle")
    connected(shared)


def test_a_page_stays_when_the_server_is_gone_and_follows_the_next_one(
    serve: Serve, folder: Path, page: Any
) -> None:
    first = serve(PROJECT)
    first.serving()
    follow(first, page)
    page.add_script_tag(url="/kept.js")
    page.evaluate("fetch('/bare').then((answer) => answer.text())")
    port = first.session.settings.port
    first.close()
    holds(page, f"({SIGN}).includes('The server is gone')")
    shows(page, "first")
    second = serve({**PROJECT, "app.py": APP.replace("first", "second")}, port=port)
    second.serving()
    shows(page, "second")
    assert page.evaluate(SIGN) == ""
    page.add_script_tag(url="/kept.js")
    assert page.evaluate("kept") == "second", "nobody knows what was saved meanwhile"
    assert visits(second, "/bare") == 0, "a request of the page is not sent again"


def test_a_page_learns_where_the_app_has_moved_to(live: Live, page: Any) -> None:
    follow(live, page)
    live.run(live.session.move(processes.free_port()))
    holds(page, f"({SIGN}).includes('The app has moved')")
    page.get_by_role("button", name="http://").click()
    page.wait_for_url(live.session.url + "/")
    shows(page, "first")


def test_https_follows_too(serve: Serve, page: Any, folder: Path) -> None:
    live = serve(PROJECT, cert="adhoc")
    live.serving()
    follow(live, page)
    for text in ("second", "third"):
        save(folder, text)
        shows(page, text)
        connected(live)


def test_a_user_trusts_a_made_up_certificate_once(
    serve: Serve, keeping_page: Any, folder: Path
) -> None:
    """After a save another one would show a warning in place of the page."""
    live = serve(PROJECT, cert="adhoc")
    live.serving()
    with closing(keeping_page.context.browser.new_context()) as context:
        careful = context.new_page()
        careful.set_default_timeout(20_000)
        with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
            careful.goto(live.session.url)
        careful.wait_for_selector("#main-message")
        careful.keyboard.type("thisisunsafe")  # what the warning takes for a click on "proceed"
        shows(careful, "first")
        connected(live)
        for text in ("second", "third"):
            save(folder, text)
            shows(careful, text)
            connected(live)


def test_pages_follow_or_not_as_the_option_and_the_key_say(
    devtui: Devtui, tmp_path: Path, free_port: int, page: Any
) -> None:
    """A page that is open goes on where it was; one that is opened while live is off stays so."""
    write(tmp_path, PROJECT)
    terminal = devtui("app", "--no-live", "--port", free_port, size=(120, 40))
    url = wait_serving(terminal, free_port)
    terminal.wait_for("live off")
    plain = open_without_script(page.context, url)
    terminal.press("b")
    terminal.wait_gone("live off")
    page.goto(url)
    terminal.wait_for("live 1")
    terminal.press("b")
    terminal.wait_for("live off")
    save(tmp_path, "second")
    wait_reload(terminal, 2, "app.py")
    plain_too = open_without_script(page.context, url)
    shows(page, "first")
    terminal.press("b")
    shows(page, "second")
    terminal.wait_for("live 1")
    save(tmp_path, "third")
    shows(page, "third")
    shows(plain, "first")
    shows(plain_too, "second")
    terminal.press("q")
    terminal.expect_exit(0)


def open_without_script(context: Any, url: str) -> Any:
    """Open a page, and see that nothing in it is of devtui."""
    page = context.new_page()
    asked: list[str] = []
    for kind in ("request", "websocket"):
        page.on(kind, lambda one: asked.append(one.url))
    page.goto(url, wait_until="networkidle")
    assert "devtui" not in page.content()
    assert asked
    assert not [one for one in asked if "devtui" in one]
    return page


def test_a_crash_is_said_in_the_page_which_stays_until_the_fix(
    live: Live, page: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_pages, "HEAR_SECONDS", 0.0)
    follow(live, page)
    write(folder, {"app.py": "import os\nos._exit(3)\n"})
    live.wait_for_state(State.CRASHED)
    holds(page, f"({SIGN}).includes('has crashed')")
    write(folder, {PAGE_FILE: PAGE.replace("old", "new")})
    live.run(live.session.unloaded_saves(look=True))
    for on in (False, True):
        live.call(live.session.set_live, on)
    take_in(page)
    shows(page, "first")  # nobody answers: the browser would show its own error
    save(folder, "second")
    shows(page, "second")


DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
    "site_settings.py": app_source("live/site_settings.py"),
    "site_wsgi.py": """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
""",
    "site_urls.py": """\
from django.shortcuts import render
from django.urls import path
urlpatterns = [path("", lambda request: render(request, "page.html", {"text": "first"}))]
""",
    "templates/page.html": PAGE,
    "static/site.css": PROJECT["static/site.css"],
    "static/dot.svg": PROJECT["static/dot.svg"],
}


def test_templates_that_django_keeps_in_memory_show_too(
    serve: Serve, page: Any, folder: Path
) -> None:
    live = serve(DJANGO, app="site_wsgi:application")
    live.serving()
    follow(live, page)
    for text in ("new", "newer"):
        template = DJANGO["templates/page.html"].replace("old", text)
        write(folder, {"templates/page.html": template})
        shows(page, text, "p")
    assert live.session.generation == 1
    write(folder, {"static/site.css": "h1 { color: rgb(2, 2, 2) }"})
    holds(page, f"{COLOUR} === 'rgb(2, 2, 2)'")
