"""The view that answered, forms, `Name: value`, and what can be copied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.widgets import OptionList

from devtui.dashboard.details import copy_choices
from devtui.dashboard.details.copy_dialog import CopyDialog
from devtui.dashboard.details.form import form_of
from devtui.dashboard.details.row_detail import detail_of, frame_of
from devtui.dashboard.lists.sections import laid_out
from devtui.events import AnyEvent, Body, Frame
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store
from tests.support.driver import Driver, there
from tests.support.fakes import finished, line, raised, started

VIEW = Frame(file="/project/shop/views.py", line=31, function="show_cart")
FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    "--b0\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n"
    "--b0\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhush\r\n"
    "--b0\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.txt\"\r\n"
    "Content-Type: text/plain\r\n\r\nhello\r\n--b0--\r\n"
)  # fmt: skip


def body(text: str, kind: str, *, truncated: bool = False) -> Body:
    return Body(content_type=kind, size_bytes=len(text), text=text, truncated=truncated)


def fields_of(text: str, kind: str, *, reveal: bool = False, truncated: bool = False) -> list[str]:
    return [section.text for section in form_of(body(text, kind, truncated=truncated), reveal)]


def stored(*events: AnyEvent) -> tuple[Request, Store]:
    store = Store()
    for event in events:
        store.apply(event)
    return store.requests[0], store


def request_with(**fields: Any) -> tuple[Request, Store]:
    return stored(started(1, "/x?q=tea&token=hush"), replace(finished(1), **fields))


def test_a_form_is_decoded_and_masked() -> None:
    sent = "name=Ada+L&email=&password=hush&name=second"
    assert fields_of(sent, FORM) == ["name: Ada L\nemail: \npassword: ••••••••\nname: second"]
    assert "password: hush" in fields_of(sent, FORM, reveal=True)[0]


def test_a_multipart_form_is_decoded_and_masked() -> None:
    kind = "multipart/form-data; boundary=b0"
    assert fields_of(MULTIPART, kind) == [
        "name: Ada\npassword: ••••••••\nphoto: a.txt, 5 bytes, text/plain"
    ]
    assert fields_of(MULTIPART[:200], kind, truncated=True)[0].startswith("name: Ada")


def _file(name: str, content: bytes) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"; filename="{name}"'
    return f"--b0\r\n{disposition}\r\n\r\n".encode() + content + b"\r\n"


def _shown(data: bytes, captured: int | None = None) -> list[str]:
    text = data[:captured].decode("utf-8", "replace")
    truncated = captured is not None
    kind = "multipart/form-data; boundary=b0"
    body = Body(content_type=kind, size_bytes=len(data), text=text, truncated=truncated)
    (section,) = form_of(body, reveal=False)
    return section.text.splitlines()


def test_a_file_is_as_large_as_its_bytes_or_at_least_as_what_was_captured() -> None:
    picture = b"\xff\xd8" + bytes(range(256)) * 4
    text = "äöü".encode() * 10
    end = b"--b0--\r\n"
    assert _shown(_file("a", text) + _file("b", picture) + end) == [
        "a: a, 60 bytes",
        "b: b, 1,026 bytes",
    ]
    two = _shown(_file("a", picture) + _file("b", b"\xff" * 7) + end)
    assert two[0].startswith("a: a, at least ")
    assert two[1] == "b: b, at least 7 bytes"
    cut = _shown(_file("a", text) + _file("b", b"x" * 500) + end, captured=400)
    assert cut[0] == "a: a, 60 bytes"
    assert cut[1].startswith("b: b, at least 2")


def test_other_bodies_are_no_forms() -> None:
    assert fields_of('{"a": 1}', "application/json") == []
    assert fields_of("", FORM) == []
    assert fields_of("&".join("a=1" for _ in range(2_000)), FORM) == []
    assert fields_of("no boundary", "multipart/form-data") == []
    assert form_of(Body(content_type=FORM, size_bytes=9), reveal=False) == []


def test_the_view_is_shown_and_leads_to_the_editor() -> None:
    item, store = request_with(endpoint="shop.cart", view=VIEW)
    detail = detail_of(item, store)
    text = detail.sections[0].text
    assert "endpoint    shop.cart" in text
    assert "view        show_cart  /project/shop/views.py:31" in text
    assert frame_of(item, store) == VIEW
    store.apply(raised(1))
    assert there(frame_of(item, store)).function == "Cart.total"  # an error comes first


def test_without_a_known_view_nothing_is_said() -> None:
    item, store = request_with()
    assert "endpoint" not in detail_of(item, store).sections[0].text
    assert frame_of(item, store) is None


def test_the_view_goes_with_the_headers_of_old_requests() -> None:
    item, _ = request_with(endpoint="shop.cart", view=VIEW)
    assert there(item.finished).endpoint == "shop.cart"
    item.drop_details()
    assert there(item.finished).endpoint is None


def test_query_and_headers_are_copied_as_name_and_value() -> None:
    item, store = request_with()
    sections = {section.title: section for section in detail_of(item, store).sections}
    assert sections["query"].text == "q: tea\ntoken: ••••••••"
    assert sections["request headers"].text.splitlines()[1] == "User-Agent: curl/8.5.0"


def choices(found: Iterable[copy_choices.CopyChoice]) -> dict[str, str]:
    return {choice.what: choice.text for choice in found}


def test_the_choices_for_a_line() -> None:
    item, store = request_with(endpoint="shop.cart", view=VIEW)
    detail = detail_of(item, store)
    lines = laid_out(detail.sections, 80).items
    header = next(it for it in lines if it.target == ("User-Agent", "curl/8.5.0"))
    found = choices(copy_choices.of_line(header, item, detail, "http://127.0.0.1:5000"))
    assert found["the line"] == "User-Agent: curl/8.5.0"
    assert found["the value alone"] == "curl/8.5.0"
    assert found["the request headers"].count("\n") == 2
    assert found["the URL"] == "http://127.0.0.1:5000/x?q=tea&token=••••••••"
    assert found["everything"].startswith("GET /x?q=tea&token=••••••••\n\ngeneral\n")
    assert "hush" not in "".join(found.values())


def test_the_choices_for_a_row() -> None:
    item, store = request_with()
    found = choices(copy_choices.of_row(item, store, "http://127.0.0.1:5000"))
    assert found["the path"] == "/x"
    assert list(found) == ["the URL", "the path", "everything"]
    store.apply(raised(1))
    group = store.error_groups.ring[0]
    found = choices(copy_choices.of_row(group, store, ""))
    assert found["the message"] == "ZeroDivisionError: division by zero"
    store.apply(line("text"))
    found = choices(copy_choices.of_row(store.log[store.log.first], store, ""))
    assert found["the line"] == "text"


async def test_shift_y_asks_and_copies(ui: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
    ui.session.feed(started(1, "/x?q=tea"), finished(1, "/x?q=tea"))
    await ui.shows("Requests 1")
    await ui.press("Y")
    await ui.shows("the path")
    await ui.press("down", "enter")
    assert copied == [("/x", "the path")]
    await ui.press("enter")
    await ui.shows("q: tea")
    await ui.press("end", "Y")
    await ui.shows("the value alone")
    await ui.press("2")
    assert copied[1] == ("*/*", "the value alone")
    await ui.press("Y", "escape")
    assert not isinstance(ui.app.screen, CopyDialog)
    assert len(copied) == 2


async def test_the_dialog_says_why_there_is_no_line_for_httpie(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[tuple[str, str]] = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
    ui.session.feed(started(1, "/x#[1]"), finished(1, "/x#[1]"))
    await ui.shows("Requests 1")
    await ui.press("Y")
    await ui.shows("HTTPie would change the target.")
    dialog = ui.app.screen
    options = dialog.query_one(OptionList)
    number = next(at for at, one in enumerate(options.options) if one.disabled)
    await ui.press(str(number + 1))
    assert ui.app.screen is dialog
    assert ui.toasts == ["HTTPie would change the target."]
    await ui.press("escape")
    assert copied == []


async def test_shift_y_on_what_belongs_to_a_request_copies_the_request_too(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
    said = line("text", request_id="r1")
    ui.session.feed(started(1, "/pay"), said, raised(1), finished(1, "/pay", status=500))
    for keys in (("2", "Y"), ("enter", "Y"), ("4", "Y"), ("enter", "Y")):
        await ui.press(*keys)
        await ui.shows("curl … http://127.0.0.1:5000/pay")
        await ui.shows("GET /pay HTTP/1.1")
        await ui.press("escape")
    await ui.press("Y", "2")
    assert copied.pop() == ("ZeroDivisionError: division by zero", "the message")
    await ui.press("Y", *["down"] * 3, "enter")
    ((text, what),) = copied
    assert what == "curl"
    assert text.startswith("curl ")


async def test_e_in_an_opened_request_edits_the_view(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited: list[object] = []
    monkeypatch.setattr(ui.app, "edit", edited.append)
    ui.session.feed(started(1), replace(finished(1), endpoint="shop.cart", view=VIEW))
    await ui.shows("Requests 1")
    await ui.press("e")
    await ui.until(lambda: edited == [VIEW])
    await ui.press("enter")
    await ui.shows("show_cart")
    await ui.press("e")
    await ui.until(lambda: edited == [VIEW, VIEW])


def test_what_was_sent_stands_before_what_was_answered() -> None:
    request, store = request_with(
        status=422, request_body=body("name=", FORM), response_body=body("<form>", "text/html")
    )
    titles = [section.title for section in detail_of(request, store).sections]
    assert titles.index("form") < titles.index("response body")


def test_the_output_of_a_request_has_no_doubled_prefixes() -> None:
    written = "[2026-03-02 12:00:00,174] WARNING in form: GET /x?token=hush"
    request, store = stored(
        started(1), line(written, level="WARNING", logger="form", request_id="r1"), finished(1)
    )
    for reveal, secret in ((False, "••••••••"), (True, "hush")):
        sections = detail_of(request, store, reveal).sections
        output = next(section for section in sections if section.title == "output")
        assert output.lines[0].text == f"WARN  form GET /x?token={secret}"
        assert output.text.startswith("[2026-03-02 12:00:00,174] WARNING in form:")
