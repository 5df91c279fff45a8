"""What each verb answers, asked in this process of a real session."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from devtui.control.client.link import CtlError
from devtui.session.replay.outgoing import recorded
from devtui.text.secrets import MASK
from tests.control.conftest import Ask, Controlled
from tests.support.live import Live
from tests.support.processes import eventually
from tests.support.projects import app_source, says, write

pytestmark = pytest.mark.e2e

SOURCE = app_source("agents.py")


@pytest.fixture
def live(controlled: Controlled) -> Live:
    pytest.importorskip("flask", reason="Flask is not installed")
    live = controlled(SOURCE, grace=0.1)
    live.serving()
    return live


def test_status(live: Live, ask: Ask, folder: Path) -> None:
    found = ask("status")
    assert found["app"] == "app:app"
    assert found["framework"] == "flask.Flask"
    assert (found["url"], found["folder"]) == (live.session.url, str(folder))
    assert (found["state"], found["generation"], found["last_error"]) == ("serving", 1, None)
    live.get("/bad")
    assert eventually(lambda: ask("status")["last_error"] == "ValueError: no 3 with 7")


def test_send_returns_all_that_happened(live: Live, ask: Ask) -> None:
    found = ask("send", method="get", target="/bad")
    assert found["response"]["status"] == 500
    request = found["request"]
    assert (request["method"], request["target"], request["endpoint"]) == ("GET", "/bad", "bad")
    assert request["view"]["file"].endswith("app.py")
    texts = [one["text"] for one in found["log"]]
    assert any("about to fail" in text for text in texts)
    assert "printed before" in texts
    (error,) = found["errors"]
    assert error["title"] == "ValueError: no 3 with 7"
    assert error["request_id"] == request["id"]
    frame = error["frames"][error["frame"]]
    assert frame["function"] == "bad"
    shown = {one["name"]: one["value"] for one in frame["locals"]}
    assert shown == {"password": MASK, "numbers": "[1, 2, 3]"}
    assert "hunter2" not in str(found)


def test_send_a_form(live: Live, ask: Ask) -> None:
    found = ask(
        "send",
        method="POST",
        target="/form?key=zyxwv",
        headers=[["Content-Type", "application/x-www-form-urlencoded"], ["User-Agent", "mine"]],
        data="name=ada&token=qponm",
    )
    assert found["response"]["status"] == 200
    assert '"ada"' in found["response"]["text"]
    assert "qponm" not in str(found)
    assert "zyxwv" not in str(found)
    assert [one["logger"] for one in found["log"]] == ["shop"]
    assert ["User-Agent", "mine"] in found["request"]["headers"]
    plain = ask("request", id=found["request"]["id"], reveal=True)
    assert plain["request_body"]["text"] == "name=ada&token=qponm"
    again = ask("replay", id=found["request"]["id"])
    assert again["response"]["status"] == 200
    assert again["replay_of"] == found["request"]["id"]
    assert (again["differences"]["verdict"], again["differences"]["changes"]) == ("same", [])


def test_replay_tells_the_differences(live: Live, ask: Ask) -> None:
    first = ask("send", method="GET", target="/count")["request"]["id"]
    found = ask("replay", id=first)
    differences = found["differences"]
    assert differences["verdict"] == "body differs: $.visits"
    change = {"part": "body", "place": "$.visits", "before": "1", "after": "2"}
    assert differences["changes"] == [change]
    assert len(differences["duration_ms"]) == 2
    assert ask("request", id=found["request"]["id"])["differences"] == differences
    assert ask("request", id=first)["differences"] is None


def test_a_request_tells_what_was_changed_in_it(live: Live, ask: Ask) -> None:
    form = [["Content-Type", "application/x-www-form-urlencoded"]]
    data = "name=ada&token=qponm"
    first = ask("send", method="POST", target="/form", headers=form, data=data)["request"]["id"]
    request = live.session.store.request(first)
    assert request is not None
    changed = structs.replace(recorded(request), body=b"name=bob&token=zyxwv")
    live.run(live.session.replays.send(request, changed))
    found = ask("request", id="last")
    assert found["replay_of"] == first
    assert found["differences"]["changes"] == [
        {"part": "request", "place": "field name", "before": "ada", "after": "bob"},
        {"part": "request", "place": "field token", "before": MASK, "after": MASK},
        {"part": "body", "place": "$.name", "before": '"ada"', "after": '"bob"'},
        {"part": "body", "place": "$.token", "before": MASK, "after": MASK},
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"method": "G T", "target": "/"}, "not a method"),
        ({"method": "GET", "target": "http://elsewhere/"}, "begins with /"),
        ({"method": "GET", "target": "/a b"}, "begins with /"),
        ({"method": "GET", "target": "/", "headers": [["A", "b\r\nC: d"]]}, "not a header"),
        ({"method": "GET", "target": "/", "data_base64": "!"}, "not base64"),
    ],
)
def test_what_cannot_be_sent(live: Live, ask: Ask, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(CtlError, match=words) as raised:
        ask("send", **fields)
    assert raised.value.status == 2
    assert ask("status")["requests"] == 0


def test_a_slow_view_and_its_stack(live: Live, ask: Ask) -> None:
    found = ask("send", method="GET", target="/slow", timeout=0.5)
    assert found["response"] is None
    assert "did not answer" in found["message"]
    stack = ask("stack", id=found["request"]["id"])
    assert stack["frames"][-1]["function"] == "slow"
    assert ask("stack", id="last")["request"]["target"] == "/slow"


def test_requests_and_errors_and_logs(live: Live, ask: Ask) -> None:
    for target in ("/", "/bad", "/bad", "/?token=abc"):
        live.visit(target)
    rows = ask("requests")["requests"]
    assert [one["target"] for one in rows] == ["/", "/bad", "/bad", f"/?token={MASK}"]
    assert ask("requests", reveal=True)["requests"][-1]["target"] == "/?token=abc"
    assert len(ask("requests", filter="5xx", last=1)["requests"]) == 1
    assert [one["status"] for one in ask("requests", filter="5xx")["requests"]] == [500, 500]
    (group,) = ask("errors")["errors"]
    assert (group["count"], group["title"]) == (2, "ValueError: no 3 with 7")
    assert ask("errors", id=group["id"])["frames"]
    assert ask("errors", id="last", reveal=True)["frames"][-1]["locals"][0]["value"] == "'hunter2'"
    warnings = [one["text"] for one in ask("logs", filter="level:warning")["logs"]]
    assert sum(text.endswith("in app: about to fail") for text in warnings) == 2
    assert sum(text.startswith("Traceback") for text in warnings) == 2
    assert len(warnings) == 4
    with pytest.raises(CtlError, match="not understand"):
        ask("requests", filter=">200xs")
    for verb, named in (("request", "r999"), ("errors", "e999"), ("stack", "last")):
        with pytest.raises(CtlError):
            ask(verb, id=named)


def test_eval(live: Live, ask: Ask) -> None:
    live.visit("/bad")
    assert eventually(lambda: ask("status")["errors"])
    found = ask("eval", id="last", code="print('out')\nnumbers[-1] * 2")
    assert (found["value"], found["output"], found["traceback"]) == ("6", "out\n", "")
    assert "ZeroDivisionError" in ask("eval", id="last", code="1 / 0")["traceback"]
    outermost = ask("eval", id="last", code="1 + 1", frame=0)
    assert outermost["value"] == "2"
    endless = ask("eval", id="last", code="while True: pass", timeout=0.3)
    assert endless["interrupted"]
    with pytest.raises(CtlError, match="no frame 99"):
        ask("eval", id="last", code="1", frame=99)
    ask("restart")
    with pytest.raises(CtlError, match="generation 1, which has ended"):
        ask("eval", id="last", code="1")
    assert "ended" in ask("errors", id="last")["locals_gone"]


def test_a_suspended_server_is_told(live: Live, ask: Ask) -> None:
    live.get("/bad")
    pid = live.session.generations.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert eventually(lambda: ask("status")["state"] == "suspended")
        with pytest.raises(CtlError, match=f"kill -CONT {pid} continues it, devtui ctl restart"):
            ask("routes")
        assert f"kill -CONT {pid}" in ask("errors", id="last")["locals_gone"]
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ask("routes")["source"] == "flask"
    assert not ask("errors", id="last")["locals_gone"]


def test_evaluation_can_be_refused(
    monkeypatch: pytest.MonkeyPatch, controlled: Controlled, ask: Ask
) -> None:
    monkeypatch.setenv("DEVTUI_CONTROL_EVAL", "0")
    controlled(says("one", "if path == '/bad': raise ValueError")).visit("/bad")
    assert eventually(lambda: ask("status")["errors"])
    with pytest.raises(CtlError, match="DEVTUI_CONTROL_EVAL=0"):
        ask("eval", id="last", code="1")


def test_restart_port_and_debug(live: Live, ask: Ask) -> None:
    assert ask("restart")["generation"] == 2
    assert ask("restart", fresh=True)["generation"] == 3
    before = live.session.settings.port
    moved = ask("port", port=0)
    assert moved["outcome"] == "served"
    assert live.session.settings.port != before
    assert live.get("/").text == "one"
    assert ask("debug", on=False)["outcome"] == "served"
    assert ask("status")["debug"] is False


def test_routes(live: Live, ask: Ask) -> None:
    found = ask("routes")
    assert found["source"] == "flask"
    by_rule = {one["rule"]: one for one in found["routes"]}
    assert by_rule["/form"]["methods"] == ["POST"]
    assert by_rule["/bad"]["endpoint"] == "bad"
    assert by_rule["/bad"]["view"]["function"] == "bad"


def test_routes_of_an_unknown_framework(controlled: Controlled, ask: Ask) -> None:
    live = controlled(says("one"))
    live.visit("/a?b=1")
    found = ask("routes")
    assert (found["source"], found["routes"]) == (
        "requests",
        [{"rule": "/a", "methods": ["GET"], "endpoint": ""}],
    )


def test_routes_of_django(controlled: Controlled, ask: Ask) -> None:
    pytest.importorskip("django", reason="Django is not installed")
    source = """\
import django
from django.conf import settings
settings.configure(ROOT_URLCONF="urls", SECRET_KEY="k", ALLOWED_HOSTS=["*"], DEBUG=True)
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
"""
    urls = """\
from django.http import HttpResponse
from django.urls import include, path
def hello(request, name): return HttpResponse(name)
urlpatterns = [path("shop/", include(([path("<str:name>/", hello, name="hello")], "shop")))]
"""
    live = controlled({"app.py": source, "urls.py": urls})
    live.serving()
    found = ask("routes")
    assert found["source"] == "django"
    (route,) = found["routes"]
    assert (route["rule"], route["endpoint"]) == ("/shop/<str:name>/", "shop:hello")
    assert route["view"]["function"] == "hello"


def test_what_was_done_is_counted_and_in_the_log(live: Live, ask: Ask) -> None:
    ask("status")
    ask("send", method="GET", target="/")
    ask("restart")
    ask("hold", seconds=30)
    assert live.session.store.control_uses == 3
    texts = [one["text"] for one in ask("logs", filter="logger:devtui")["logs"]]
    assert texts == [
        "tests: send GET /",
        "tests: restart the server",
        "tests: hold reloads for 30 s",
    ]


def test_a_log_that_is_followed(live: Live, ask: Ask) -> None:
    link = ask.link()
    try:
        items = link.follow("logs", {"follow": True, "filter": "level:warning"})
        threading.Thread(target=live.get, args=("/bad",)).start()
        assert next(items)["text"].endswith("in app: about to fail")
    finally:
        link.close()


def test_an_app_that_does_not_load(controlled: Controlled, ask: Ask, folder: Path) -> None:
    live = controlled(SOURCE)
    live.serving()
    write(folder, {"app.py": SOURCE + "\nboom = 1 / 0\n"})
    found = ask("wait", since=1)
    assert found["outcome"] == "failed"
    error = ask("errors", id=found["error"]["id"])
    assert (error["origin"], error["title"]) == ("load", "ZeroDivisionError: division by zero")
    assert ask("eval", id="last", code="counter")["value"] == "{'visits': 0}"
    assert ask("send", method="GET", target="/")["response"]["status"] == 500
