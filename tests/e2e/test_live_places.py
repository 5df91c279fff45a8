"""Pages follow saves wherever they are: behind proxies, in frames and windows, over IPv6."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from devtui.events import RequestFinished
from devtui.session.live import reload_pace
from tests.support.live import Live, Serve
from tests.support.pages import connected, follow, holds, reported, served, shows, take_in, visits
from tests.support.processes import eventually, free_port
from tests.support.projects import app_source, write

pytestmark = pytest.mark.e2e

APP = app_source("live/places.py")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect id="r" width="9"/></svg>'
CSS = "h1 { color: rgb(1, 1, 1) }"
FILES = {
    **{f"static/{name}.svg": SVG for name in ("dot", "drawn", "unused")},
    **{f"static/{name}.css": CSS for name in ("site", "part", "made")},
    "static/outer.css": "@import 'part.css';",
    "static/pair.css": "@import 'part.css'; @import 'images.css';",
    "static/images.css": "p { background: url(dot.svg) !important }",
    "static/first.js": "window.seen = 1;",
    "static/text.woff2": "old",
}


@pytest.fixture
def live(serve: Serve) -> Live:
    live = serve(APP)
    live.serving()
    return live


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(tmp_path_factory.mktemp("shared"), {"app.py": APP, **FILES}) as live:
        yield live


@pytest.fixture
def shared(session: Live) -> Live:
    """One session, for tests that need no fresh one; the page of the last test is gone."""
    connected(session, 0)
    return session


def save(folder: Path, text: str) -> None:
    write(folder, {"app.py": APP.replace('"first"', f'"{text}"')})


def save_shared(shared: Live, page: Any, text: str) -> None:
    """Save the app of the shared session, with a text that no other test saves, and see it."""
    save(shared.session.settings.folder, text)
    shows(page, text)


def style_in(shared: Live, page: Any, name: str, selector: str, number: int) -> None:
    """Save a style sheet, and wait until an element has the new colour."""
    css = CSS.replace("1, 1, 1", f"{number}, {number}, {number}")
    write(shared.session.settings.folder, {f"static/{name}.css": css})
    holds(page, f"getComputedStyle({selector}).color === 'rgb({number}, {number}, {number})'")


class Loads:
    """How often a page has loaded, wherever from."""

    def __init__(self, page: Any) -> None:
        page.wait_for_load_state()
        self._count = 0
        self._page = page
        page.on("load", self._loaded)

    @property
    def count(self) -> int:
        take_in(self._page)
        return self._count

    def wait_for(self, count: int) -> None:
        """Wait until it has loaded that often."""
        assert reported(self._page, lambda: self._count >= count), self._count

    def _loaded(self, page: Any) -> None:
        self._count += 1


NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    gzip on;
    gzip_min_length 1;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{app}; }}
        location /.devtui/ {{
            proxy_pass http://127.0.0.1:{app};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }}
    }}
}}
"""


@contextmanager
def nginx_before(live: Live, folder: Path) -> Iterator[str]:
    """Run nginx before the app, and yield its URL."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("there is no nginx on this machine (Debian: apt-get install nginx)")
    port = free_port()
    config = NGINX.format(folder=folder, port=port, app=live.session.settings.port)
    (folder / "nginx.conf").write_text(config)
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    try:
        assert eventually(listens), (folder / "error.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_behind_nginx(live: Live, folder: Path, tmp_path: Path, page: Any) -> None:
    with nginx_before(live, tmp_path) as url:
        page.goto(url)
        connected(live)
        for text in ("second", "third"):
            save(folder, text)
            shows(page, text)
            connected(live)
    assert visits(live) == 3


def test_over_ipv6(serve: Serve, folder: Path, page: Any) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    live = serve(APP, host="::1")
    live.serving()
    follow(live, page)
    save(folder, "second")
    shows(page, "second")


def control_by(live: Live, page: Any, order: str) -> None:
    """Have a service worker control the page, which answers all that it asks for."""
    follow(live, page)
    page.evaluate(
        f"navigator.serviceWorker.register('/worker.js?order={order}')"
        ".then(() => navigator.serviceWorker.ready)"
    )
    holds(page, "navigator.serviceWorker.controller !== null")
    page.reload()
    connected(live)


def test_a_page_that_a_service_worker_asks_for_follows(
    live: Live, folder: Path, own_page: Any
) -> None:
    control_by(live, own_page, "network")
    loads = Loads(own_page)
    save(folder, "second")
    shows(own_page, "second")
    connected(live)
    assert loads.count == 1


def test_a_page_from_the_cache_of_a_service_worker_does_not_load_for_ever(
    live: Live, folder: Path, own_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With the pause between two loads of a page it would look as if it had stopped.
    monkeypatch.setattr(reload_pace, "REST_SECONDS", 0.0)
    control_by(live, own_page, "cache")
    loads = Loads(own_page)
    for number, text in enumerate(("second", "third", "fourth"), 1):
        save(folder, text)
        live.reloaded(count=number)
        # Once for each save, and after the first one once more, because the page was still old.
        loads.wait_for(number + 1)
    shows(own_page, "first")
    connected(live)
    assert loads.count == 4


def test_windows_and_frames_follow_by_one_load_each(live: Live, folder: Path, page: Any) -> None:
    """A frame goes with the page around it, unless it may not see that."""
    frames = "<iframe src='/'></iframe><iframe sandbox='allow-scripts' src='/'></iframe>"
    page.goto(f"{live.session.url}/of?body={frames}<iframe sandbox src='/'></iframe>")
    connected(live, 1)
    with page.expect_popup() as opened:
        page.evaluate("void open('/', '', 'popup,width=300,height=200')")
    window = opened.value
    connected(live, 2)
    before = visits(live)
    loads, loads_of_window = Loads(page), Loads(window)
    save(folder, "second")
    for one in (page, window):
        shows(one, "second")
    live.until(lambda: visits(live) >= before + 4)
    loads.wait_for(1)
    loads_of_window.wait_for(1)
    connected(live, 2)
    assert (loads.count, loads_of_window.count) == (1, 1)
    assert visits(live) == before + 4


def test_a_frame_follows_if_the_page_around_it_cannot(shared: Live, page: Any) -> None:
    """The frame's own frame goes with it."""
    page.goto(shared.session.url + "/plain?frame=/of?body=<iframe src=/></iframe>")
    connected(shared, 1)
    save(shared.session.settings.folder, "in a frame")
    frame = page.frame_locator("iframe")
    for one in frame, frame.frame_locator("iframe"):
        one.get_by_text("in a frame").wait_for()
    connected(shared, 1)


IMAGES = """
<style>
  em { background: url(/static/dot.svg) no-repeat; cursor: url(/static/dot.svg), auto }
  em::before { content: url(/static/dot.svg) }
  em { --image: url(/static/dot.svg) } b { background: var(--image) }
</style>
<link rel=stylesheet href=/static/images.css><link rel=icon href=/static/dot.svg>
<em style="list-style-image: url(/static/dot.svg)">x</em><b>x</b><p>
<img src=/static/dot.svg><img srcset="/static/dot.svg 1x"><input type=image src=/static/dot.svg>
<picture><source srcset=/static/dot.svg><img></picture><video poster=/static/dot.svg></video>
<svg><image href=/static/dot.svg></image><use xlink:href=/static/dot.svg#r></use></svg>
<table background=/static/dot.svg></table><div></div>
<script>
  const root = document.querySelector("div").attachShadow({ mode: "open" });
  root.innerHTML = "<img src=/static/dot.svg>";
</script>
"""
PLACES = """
(() => {
  const shadow = document.querySelector("div").shadowRoot;
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  return [...rules, document, shadow].map((one) => one.cssText ?? one.innerHTML
    ?? document.documentElement.innerHTML.replace(/<(style|script)>.*?<.(style|script)>/gs, ""))
    .join().match(/dot.svg(.devtui)?/g);
})()
"""


def test_an_image_is_swapped_in_every_place(shared: Live, page: Any) -> None:
    follow(shared, page, "/of?body=" + quote(IMAGES))
    loads = Loads(page)
    assert page.evaluate(PLACES) == ["dot.svg"] * 16
    write(shared.session.settings.folder, {"static/unused.svg": SVG + " "})
    write(shared.session.settings.folder, {"static/dot.svg": SVG + " "})
    holds(page, f"{PLACES}.every((one) => one.endsWith('devtui'))")
    assert page.evaluate(
        "document.styleSheets[1].cssRules[0].style.getPropertyPriority('background')"
    )
    assert loads.count == 0


def test_an_image_of_another_server_is_left_alone(shared: Live, page: Any) -> None:
    other = f"http://localhost:{shared.session.settings.port}/static/dot.svg"
    body = f"<img src={other}><img src=/static/dot.svg>"
    follow(shared, page, "/of?body=" + quote(body))
    page.wait_for_load_state()
    write(shared.session.settings.folder, {"static/dot.svg": SVG + "  "})
    holds(page, "document.images[1].src.includes('devtui')")
    assert page.evaluate("document.images[0].src") == other


@pytest.mark.parametrize(
    "body",
    [
        "<object data=/static/drawn.svg></object>",
        "<canvas></canvas><script>(new Image()).src = '/static/drawn.svg';"
        "onload = () => performance.clearResourceTimings()</script>",  # as some apps do
    ],
)
def test_an_image_in_an_unknown_place_has_the_page_load_again(
    shared: Live, page: Any, body: str
) -> None:
    follow(shared, page, "/of?body=" + quote(body))
    page.wait_for_load_state("networkidle")
    with page.expect_navigation():
        write(shared.session.settings.folder, {"static/drawn.svg": SVG + body})


SHADOW = """
<div></div><script>
  const root = document.querySelector("div").attachShadow({ mode: "open" });
  root.innerHTML = "<link rel=stylesheet href=/static/site.css><h1>x</h1>";
  fetch("/static/made.css").then((answer) => answer.text()).then((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    root.adoptedStyleSheets = [sheet];
  });
</script>
"""


def test_a_style_sheet_in_a_shadow_is_swapped_and_one_that_a_script_makes_is_loaded(
    shared: Live, page: Any
) -> None:
    follow(shared, page, "/of?body=" + quote(SHADOW))
    page.wait_for_load_state("networkidle")
    page.evaluate("window.same = true")
    inside = "document.querySelector('div').shadowRoot"
    write(shared.session.settings.folder, {"static/site.css": "h1 { width: 7px; display: block }"})
    holds(page, f"getComputedStyle({inside}.querySelector('h1')).width === '7px'")
    assert page.evaluate("same")
    style_in(shared, page, "made", f"{inside}.querySelector('h1')", 4)
    assert page.evaluate("window.same === undefined")


def test_a_style_sheet_that_is_saved_while_it_is_loaded_again_shows_its_newest(
    shared: Live, page: Any
) -> None:
    link = "<link rel=stylesheet href=/static/pair.css>"
    follow(shared, page, "/of?head=" + quote(link))
    page.wait_for_load_state()
    held: list[Any] = []
    page.route("**/images.css", lambda route: held.append(route))

    def again() -> int:
        """How often it was loaded again."""
        rows = shared.all(RequestFinished)
        return len([row for row in rows if row.target.startswith("/static/pair.css?devtui")])

    for count in (1, 2):
        css = CSS.replace("1, 1, 1", f"{count}, 0, 0")
        write(shared.session.settings.folder, {"static/part.css": css})
        assert reported(page, lambda count=count: again() == count and held)
    page.unroute("**/images.css")
    for route in held:
        route.continue_()
    holds(page, "getComputedStyle(document.querySelector('h1')).color === 'rgb(2, 0, 0)'")
    holds(page, "document.querySelectorAll('link').length === 1")


KEPT = """
<link rel=stylesheet href=/kept/outer.css disabled><link rel=stylesheet href=/kept/outer.css>
<style>@import "/kept/part.css"; @font-face { font-family: f; src: url(/kept/text.woff2) }</style>
<script src=/kept/first.js></script><p style="font-family: f">x</p>
"""


def test_what_the_browser_keeps_without_asking_is_loaded_again(shared: Live, page: Any) -> None:
    folder = shared.session.settings.folder
    follow(shared, page, "/of?head=" + quote(KEPT))
    page.wait_for_load_state("networkidle")
    page.evaluate("window.same = true")
    page.evaluate("performance.clearResourceTimings()")  # as some apps do
    for number in (2, 3):
        style_in(shared, page, "part", "document.querySelector('h1')", number)
    assert page.evaluate("[same, document.querySelectorAll('link, style').length]") == [True, 3]
    write(folder, {"static/first.js": "window.seen = 2;"})
    holds(page, "window.seen === 2")
    holds(page, "getComputedStyle(document.querySelector('h1')).color === 'rgb(3, 3, 3)'")
    connected(shared)
    with page.expect_navigation():
        write(folder, {"static/text.woff2": "new"})
    font = "fetch('/kept/text.woff2', { cache: 'force-cache' }).then((answer) => answer.text())"
    assert page.evaluate(font) == "new"


def test_a_page_whose_text_stays_the_same_loads_once(shared: Live, keeping_page: Any) -> None:
    page = keeping_page
    follow(shared, page, "/tagged")
    before = visits(shared, "/tagged")
    save(shared.session.settings.folder, "for a page with a tag")
    shared.until(lambda: visits(shared, "/tagged") > before)
    connected(shared)
    page.goto(shared.session.url)
    save_shared(shared, page, "for a page that is kept")  # another page for the browser to keep
    page.goto(shared.session.url + "/tagged")
    page.wait_for_load_state("networkidle")
    page.reload()
    connected(shared)
    rows = [row for row in shared.all(RequestFinished) if row.target == "/tagged"]
    assert [row.status for row in rows[before:]] == [200, 200, 304]


SCROLLED = """
<div style="height: 90px; overflow: auto"><section style="height: 2000px"></section></div>
<ul style="height: 90px; overflow: auto"><li style="height: 2000px"></ul>
<div id="rest"></div>
<script>
  onload = () => {
    document.querySelector("ul").scrollTop = 1500; // by the page itself
    setTimeout(() => { rest.style.height = "9000px" }, 50);
  };
</script>
"""
PLACE = (
    "[...document.querySelectorAll('div, ul')].map((one) => one.scrollTop).concat(scrollY).join()"
)


@pytest.mark.parametrize("between", ["", "import nothing_of_this_name\n"])
def test_what_was_scrolled_stays_so_also_where_content_comes_late(
    shared: Live, page: Any, between: str
) -> None:
    follow(shared, page, "/of?body=" + quote(SCROLLED))
    holds(page, "rest.offsetHeight === 9000")
    page.evaluate("document.querySelector('div').scrollTop = 700; scrollTo(0, 6000)")
    page.evaluate("document.querySelector('ul').scrollTop = 100")
    if between:
        write(shared.session.settings.folder, {"app.py": between + APP})
        holds(page, "document.body?.innerText.includes('nothing_of_this_name')")
        connected(shared)
    save_shared(shared, page, f"scrolled{len(between)}")
    holds(page, f"{PLACE} === '700,1500,0,6000'")


# What the script wants to do again soon, as while it scrolls, waits for the test.
SOON = """
window.soon = [];
const later = setTimeout;
window.setTimeout = (act, pause) => (pause === 20 ? soon.push(act) : later(act, pause));
"""


def test_who_scrolls_meanwhile_is_left_there(shared: Live, own_page: Any) -> None:
    page = own_page
    page.add_init_script(SOON)
    body = (
        "<div id=rest></div><script>rest.style.height = sessionStorage.height ?? '9000px'</script>"
    )
    follow(shared, page, "/of?body=" + quote(body))
    page.evaluate("sessionStorage.height = '2000px'; scrollTo(0, 6000)")
    save_shared(shared, page, "shorter")
    holds(page, "document.readyState === 'complete' && soon.length === 1")
    page.evaluate("soon.pop()()")
    assert page.evaluate("soon.length") == 1, "it tries again"
    page.keyboard.press("Home")
    page.evaluate("scrollTo(0, 0); rest.style.height = '9000px'; soon.pop()()")
    assert page.evaluate("[scrollY, soon.length]") == [0, 0]


def test_a_base_of_the_page_changes_nothing(shared: Live, page: Any) -> None:
    base = "<base href='http://127.0.0.1:9/elsewhere/'>"
    follow(shared, page, f"/of?head={base}")
    save_shared(shared, page, "of a base")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [("connect-src https:", "connect-src"), ("default-src 'none'; style-src *", "default-src")],
)
def test_a_policy_in_the_page_that_forbids_the_connection_is_said(
    live: Live, page: Any, policy: str, reason: str
) -> None:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    page.goto(f"{live.session.url}/of?head={meta}")
    line = live.line("does not follow").text
    assert line.endswith(f"a Content-Security-Policy in a <meta> tag forbids that ({reason}).")


def test_a_policy_in_the_page_that_forbids_only_scripts_does_not_matter(
    live: Live, folder: Path, page: Any
) -> None:
    meta = """<meta http-equiv="Content-Security-Policy" content="script-src 'none'">"""
    page.goto(f"{live.session.url}/of?head={meta}")
    connected(live)
    save(folder, "second")
    page.get_by_text("second").wait_for()
    assert not live.lines("does not follow")


def test_the_back_key_shows_the_newest(live: Live, folder: Path, keeping_page: Any) -> None:
    page = keeping_page
    follow(live, page)
    page.evaluate(
        "addEventListener('pageshow', (event) => { sessionStorage.kept = event.persisted })"
    )
    page.goto(live.session.url + "/of")
    connected(live)
    save(folder, "second")
    shows(page, "second")
    page.evaluate("void history.back()")
    page.wait_for_url(live.session.url + "/")
    shows(page, "second")
    connected(live)
    assert page.evaluate("sessionStorage.kept") == "true", "the browser had kept the page"


def test_the_back_key_shows_the_newest_style_and_keeps_the_text(
    shared: Live, keeping_page: Any
) -> None:
    page = keeping_page
    body = "<link rel=stylesheet href=/static/site.css><input>"
    follow(shared, page, "/of?body=" + quote(body))
    page.fill("input", "half filled")
    page.goto(shared.session.url)
    connected(shared)
    write(shared.session.settings.folder, {"static/site.css": CSS.replace("1, 1, 1", "5, 5, 5")})
    shared.run(shared.session.unloaded_saves(look=True))
    page.evaluate("void history.back()")
    colour = "getComputedStyle(document.querySelector('h1')).color"
    holds(page, f"document.querySelector('input') && {colour} === 'rgb(5, 5, 5)'")
    assert page.input_value("input") == "half filled"


def test_what_cannot_have_the_script_stays_whole(live: Live, page: Any) -> None:
    for target in ("/wide", "/xhtml"):
        page.goto(live.session.url + target)
        shows(page, "first")
        assert page.evaluate("document.body.innerText.trim()") == "first"
    live.line("it is encoded in UTF-16")


def test_a_download_and_a_print_leave_the_page_connected(shared: Live, page: Any) -> None:
    follow(shared, page)
    with page.expect_download() as download:
        page.evaluate("location.href = '/download'")
    assert Path(download.value.path()).read_text() == "<h1>saved</h1>"
    with page.expect_download() as download:  # of a document, which a link saves
        page.evaluate(
            "Object.assign(document.createElement('a'), {href: '/', download: ''}).click()"
        )
    assert "script" not in Path(download.value.path()).read_text()
    assert page.pdf().startswith(b"%PDF")
    save_shared(shared, page, "after a print")


def test_a_page_that_writes_itself_follows(shared: Live, page: Any) -> None:
    follow(shared, page)
    page.evaluate("document.open(); document.write('<h1>written</h1>'); document.close()")
    shows(page, "written")
    save_shared(shared, page, "after writing")


def test_a_page_whose_body_a_library_replaces_follows(shared: Live, page: Any) -> None:
    """As htmx does when a link is boosted."""
    follow(shared, page)
    page.evaluate(
        "fetch('/of?body=boosted', { headers: { 'HX-Request': 'true', 'HX-Boosted': 'true' } })"
        ".then((answer) => answer.text()).then((text) => { document.body.innerHTML = text;"
        " history.pushState({}, '', '/of?body=boosted'); })"
    )
    page.wait_for_url("**/of?body=boosted")
    assert page.evaluate("document.querySelectorAll('script').length") == 0
    save_shared(shared, page, "boosted page")
    assert page.url.endswith("/of?body=boosted")


def test_the_files_of_a_page_share_few_connections(live: Live, own_page: Any) -> None:
    """A browser has six at most, which stay open. If one takes long to open, it tries another."""
    opened: list[str] = []
    own_page.on(
        "requestfinished",
        lambda request: opened.append(request.url) if request.timing["connectStart"] >= 0 else None,
    )
    images = "".join(f"<img src='/file{number}'>" for number in range(30))
    own_page.goto(f"{live.session.url}/of?body={images}", wait_until="load")
    live.row("/file29")
    take_in(own_page)
    assert 1 <= len(opened) <= 9  # of 31


def test_a_page_of_50_megabytes_follows(shared: Live, page: Any) -> None:
    follow(shared, page, "/large")
    assert page.evaluate("document.documentElement.textContent.length") > 49_000_000
    with page.expect_navigation(wait_until="commit"):
        save(shared.session.settings.folder, "after the large one")
