"""What promises a secret is masked wherever it is shown or copied, until `m` asks for it."""

from __future__ import annotations

import pytest
from msgspec import structs

from devtui.dashboard.opened.opened_screen import OpenedScreen
from devtui.events import Body
from devtui.text.secrets import MASK
from tests.support.driver import Driver, running
from tests.support.fakes import FakeSession, finished, line, raised, started

TARGET = "/login?user=ada&password=hunter2"


def body(text: str, kind: str) -> Body:
    return Body(content_type=kind, size_bytes=len(text), text=text)


def feed(session: FakeSession) -> None:
    begun = structs.replace(
        started(1, TARGET), headers=(("Referer", "http://localhost/a?token=hunter2"),)
    )
    ended = structs.replace(
        finished(1, TARGET, status=500),
        request_body=body("user=ada&password=hunter2", "application/x-www-form-urlencoded"),
        response_body=body('{"access_token": "hunter2", "n": 1}', "application/json"),
    )
    log = line(f"POST {TARGET} took 3 ms", level="INFO", logger="access", request_id="1")
    session.feed(begun, raised(1), log, ended)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_in_every_row(size: tuple[int, int]) -> None:
    async with running(size=size) as ui:
        feed(ui.session)
        for key in "1234":
            await ui.press(key)
            await ui.pilot.pause(0.1)
            assert "hunter2" not in ui.screen()
        await ui.press("1")
        await ui.shows(f"password={MASK}")


async def test_in_an_opened_request_until_m(ui: Driver) -> None:
    feed(ui.session)
    await ui.shows("/login")
    await ui.press("enter")
    await ui.shows(f"password={MASK}")
    lines = ui.on(OpenedScreen).list

    def texts() -> str:
        return "\n".join(lines.rows.text(lines.matches[at]) for at in range(len(lines.matches)))

    assert "hunter2" not in texts()
    assert "hunter2" not in ui.screen()
    copied = "\n".join(lines.matches[at].section.text for at in range(len(lines.matches)))
    assert "hunter2" not in copied
    await ui.press("m")
    await ui.until(lambda: texts().count("hunter2") >= 4)
    assert "hunter2" in str(ui.app.screen.query_one("#detail").border_title)
    await ui.press("m")
    await ui.until(lambda: "hunter2" not in texts())


async def test_in_an_opened_error(ui: Driver) -> None:
    feed(ui.session)
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.shows(f"password={MASK}")
    assert "hunter2" not in ui.screen()


@pytest.mark.parametrize("pane", "12")
async def test_what_is_copied_is_masked_too(
    ui: Driver, monkeypatch: pytest.MonkeyPatch, pane: str
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append(text))
    feed(ui.session)
    await ui.press(pane)
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("y")
    assert f"password={MASK}" in copied[0]
    assert "hunter2" not in copied[0]
