"""An opened request that was sent again: what it is compared with, and what is ignored."""

import json

from msgspec.structs import replace

from devtui.config.state_file import ProjectFile
from devtui.events import AnyEvent, Body
from tests.support.driver import Driver
from tests.support.fakes import finished, started


def priced(number: int, replay_of: str = "") -> list[AnyEvent]:
    """A request whose answer has an id of its own."""
    text = json.dumps({"id": number, "item": "pie"})
    body = Body(content_type="application/json", size_bytes=len(text), text=text)
    ended = finished(number, "/api", size=len(text), response_body=body)
    return [
        replace(started(number, "/api"), replay_of=replay_of),
        replace(ended, replay_of=replay_of),
    ]


async def test_all_rows_say_at_once_what_is_no_difference_any_more(ui: Driver) -> None:
    ui.session.feed(*priced(1), *priced(2, "r1"), *priced(3, "r1"))
    await ui.shows("Requests 3")
    assert ui.screen().count("body differs: $.id") == 2
    await ui.press("end", "enter")
    await ui.shows("compared with r1")
    lines = ui.screen().splitlines()
    at = next(at for at, text in enumerate(lines) if "▾ changed body" in text)
    await ui.press("home", *["down"] * at, "h")
    await ui.shows_not("body differs")
    await ui.press("escape")
    await ui.shows("Requests 3")
    await ui.until(lambda: "body differs" not in ui.screen())
    assert ui.screen().count("  same") == 2
    await ui.press("slash", *"differs")
    await ui.shows("Requests 0 of 3")


async def test_a_mistake_in_the_file_of_rules_is_named(ui: Driver) -> None:
    ProjectFile(ui.session.settings.folder, "compared").write("moments\ncolour red\n")
    ui.session.feed(*priced(1), *priced(2, "r1"))
    await ui.shows("Requests 2")
    await ui.press("end", "enter")
    await ui.shows("'colour red' is not a rule")
