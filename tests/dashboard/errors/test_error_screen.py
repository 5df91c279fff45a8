from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec import structs
from textual.events import Key

from devtui.dashboard.errors import error_screen
from devtui.dashboard.errors.error_screen import ErrorScreen
from devtui.dashboard.errors.frame_screen import FrameScreen
from devtui.dashboard.errors.stack_screen import LOOK_SECONDS, StackScreen
from devtui.dashboard.replay.sends_again import NO_REQUEST
from devtui.events import (
    AnyEvent,
    Complete,
    Completed,
    Error,
    ErrorRaised,
    Evaluate,
    Evaluated,
    ExceptionData,
    Frame,
    Interrupt,
    LocalsShown,
    ShowLocals,
    ShowStack,
    StackShown,
    Variable,
)
from devtui.session.replay.sender import Sent
from devtui.session.state import State
from devtui.session.store.request_record import Request
from tests.support.driver import Driver, running, there
from tests.support.fakes import FakeSession, error, finished, raised, started

MASK = "••••••••"


@pytest.fixture(autouse=True)
def locals_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let local variables wait for their key, as on a low terminal."""
    monkeypatch.setattr(error_screen, "ROOM_FOR_LOCALS", 1_000)


async def open_error(ui: Driver, *events: AnyEvent) -> None:
    """Feed an error, and open the newest."""
    ui.session.feed(*(events or (started(1, "/cart"), raised(1))))
    await ui.press("4")
    await ui.until(lambda: ui.app.main.open_pane.list.item)
    await ui.press("enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    await ui.until(lambda: len(ui.on(FrameScreen).list.matches))


Kind = TypeVar("Kind")


def last_order(ui: Driver, kind: type[Kind]) -> Kind:
    order = ui.session.orders[-1]
    assert isinstance(order, kind), ui.session.orders
    return order


async def test_own_frames_are_open_and_the_library_s_unfold(ui: Driver) -> None:
    await open_error(ui)
    await ui.shows("▸ 3 frames in flask")
    await ui.shows("in Cart.total")
    assert "Flask.wsgi_app" not in ui.screen()
    await ui.press("home", "enter")
    await ui.shows("flask/app.py:1511  in Flask.wsgi_app")
    await ui.press("enter")
    await ui.shows_not("Flask.wsgi_app")


async def test_the_message_and_how_often_are_on_top(ui: Driver) -> None:
    await open_error(
        ui, started(1, "/cart"), raised(1), started(2, "/cart?2"), raised(2, seconds=5)
    )
    await ui.shows("ZeroDivisionError: division by zero")
    await ui.shows("GET /cart?2  ·  generation 1  ·  2 times, first 12:00:00, last 12:00:05")


async def test_the_cursor_begins_at_the_failing_line(ui: Driver) -> None:
    await open_error(ui)
    await ui.until(lambda: there(there(ui.on(FrameScreen).list.item).frame).line == 48)
    assert "return sum" in ui.on(FrameScreen).list.rows.text(there(ui.on(FrameScreen).list.item))


async def test_in_a_small_terminal_the_failing_line_is_in_view() -> None:
    lines = tuple(f"    line_{number} = {number}" for number in range(1, 60))
    frames = tuple(
        Frame(
            file="/project/deep.py",
            line=number,
            function=f"f{number}",
            source=lines[number - 1].strip(),
            own=True,
            context=lines[number - 6 : number + 5],
            context_start=number - 5,
        )
        for number in range(10, 20)
    )
    deep = Error(exceptions=(ExceptionData(type="E", message="m", frames=frames),), text="t")
    async with running(size=(80, 24)) as ui:
        await open_error(ui, ErrorRaised(error=deep, error_id="1-e1", generation=1))
        await ui.shows("❱ 19")
        await ui.shows("24  line_24 = 24")  # the lines after it too


async def test_l_asks_for_locals_and_m_for_secrets(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("l")
    await ui.shows("asking …")
    order = last_order(ui, ShowLocals)
    assert (order.error_id, order.exception, order.frame, order.reveal) == ("1-e1", (0,), 4, False)
    shown = (
        Variable(name="items", type="list", value="[1, 2]"),
        Variable(name="token", type="str", value=MASK, masked=True),
    )
    ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=shown, left_out=3))
    await ui.shows("items  [1, 2]  list")
    await ui.shows(f"token  {MASK}")
    await ui.shows("3 more variables")
    await ui.press("m")
    order = last_order(ui, ShowLocals)
    assert order.reveal
    told = (Variable(name="token", type="str", value="'abc'"),)
    ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=told))
    await ui.shows("token  'abc'")
    await ui.press("l")
    await ui.shows_not("'abc'")


@pytest.mark.parametrize(
    "value", ["'" + "word " * 200 + "zzz'", "one\n" * 30 + "zzz"], ids=["long", "high"]
)
async def test_a_long_value_leaves_room_for_the_others(value: str) -> None:
    variables = (
        Variable(name="long", type="str", value=value),
        Variable(name="other", type="int", value="42"),
    )
    async with running(size=(80, 24)) as ui:
        await open_error(ui)
        await ui.press("l")
        ask_id = last_order(ui, ShowLocals).ask_id
        ui.session.feed(LocalsShown(ask_id=ask_id, error_id="1-e1", variables=variables))
        await ui.shows("▸ long")
        await ui.shows("other  42")
        assert "zzz" not in ui.screen()
        await move_to(ui, "▸ long")
        await ui.press("enter")
        await ui.shows("▾ long")
        await ui.press("end")
        await ui.shows("zzz")
        await move_to(ui, "▾ long")
        await ui.press("enter")
        await ui.shows("▸ long")
        # A search unfolds it.
        await ui.press("slash", *"zzz", "enter")
        lines = ui.on(FrameScreen).list
        shown = range(len(lines.matches))
        await ui.until(lambda: any("zzz" in lines.rows.text(lines.matches[at]) for at in shown))


async def test_the_innermost_locals_are_shown_at_once_if_there_is_room(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    await open_error(ui)
    await ui.until(lambda: ui.session.orders)
    order = last_order(ui, ShowLocals)
    assert (order.exception, order.frame) == ((0,), 4)
    shown = (Variable(name="items", type="list", value="[1, 2]"),)
    ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=shown))
    await ui.shows("items  [1, 2]  list")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_structure_unfolds_and_folds(size: tuple[int, int]) -> None:
    inner = (Variable(name="price", type="int", value="5"),)
    parts = (
        Variable(name="0", type="dict", value="{'price': 5}", parts=inner),
        Variable(name="1", type="NoneType", value="None"),
    )
    shown = (Variable(name="items", type="list", value="[{'price': 5}, None]", parts=parts),)
    async with running(size=size) as ui:
        await open_error(ui)
        await ui.press("l")
        order = last_order(ui, ShowLocals)
        ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=shown))
        await ui.shows("▸ items  [{'price': 5}, None]  list")
        await move_to(ui, "▸ items")
        await ui.press("enter")
        await ui.shows("▾ items")
        await ui.shows("▸ 0  {'price': 5}  dict")
        await move_to(ui, "▸ 0")
        await ui.press("enter")
        await ui.shows("  price  5  int")
        assert there(ui.on(FrameScreen).spot).number == 4, "the frame is still selected"
        await move_to(ui, "▾ items")
        await ui.press("enter")
        await ui.shows_not("price  5")


async def move_to(ui: Driver, text: str) -> None:
    """Put the cursor on the first line with that text."""
    lines = ui.on(FrameScreen).list.matches
    texts = ["".join(part for part, _ in lines[at].row) for at in range(len(lines))]
    at = next(at for at, line in enumerate(texts) if text in line)
    while ui.on(FrameScreen).list.cursor != at:
        await ui.press("down" if ui.on(FrameScreen).list.cursor < at else "up")


async def test_enter_on_a_frame_shows_its_locals(ui: Driver) -> None:
    await open_error(ui)
    lines = ui.on(FrameScreen).list
    index = next(i for i in range(9) if "views.py" in lines.rows.text(lines.matches[i]))
    lines.select(index)
    await ui.press("enter")
    assert last_order(ui, ShowLocals).frame == 3


async def test_frames_that_are_gone_say_why(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    ui.session.generation = 2
    ui.session.to(State.SERVING)
    await ui.press("x", "enter")
    why = "The frames belonged to generation 1, which has ended; generation 2 runs now."
    await ui.shows(why)
    await ui.press("escape")
    await ui.until(lambda: not ui.keys()["locals"] and not ui.keys()["evaluate"])
    await ui.press("l")
    assert ui.toasts == [why]
    await ui.press("enter")
    await ui.until(lambda: why in ui.screen())


async def test_what_is_typed_after_a_refused_x_is_no_command(ui: Driver) -> None:
    await open_error(ui)
    ui.session.generation = 2
    ui.session.to(State.SERVING)
    await ui.until(lambda: not ui.keys()["evaluate"])
    await ui.press("x", *"rpq")
    await ui.shows("The frames belonged to generation 1, which has ended; generation 2 runs now.")
    assert ui.on(ErrorScreen).console.prompt.text == "rpq"
    assert (ui.session.asked, ui.toasts) == ([], [])
    await ui.press("escape")
    assert ui.app.focused is ui.on(FrameScreen).list


async def test_a_sends_the_request_of_the_error_again(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    async def send(request: Request, changed: object = None) -> Sent:
        sent.append(request.id)
        return Sent(1.0, message="The app is not served now.")

    monkeypatch.setattr(ui.session.replays, "send", send)
    await open_error(ui, started(7, "/cart"), raised(7), finished(7, "/cart", status=500))
    await ui.press("a")
    await ui.until(lambda: ui.toasts)
    assert sent == ["r7"]
    assert ui.toasts == ["The app is not served now."]


async def test_an_error_of_no_request_cannot_be_sent_again(ui: Driver) -> None:
    await open_error(ui, ErrorRaised(error=error(), origin="thread", error_id="1-e1"))
    assert not ui.keys()["error-send"]
    await ui.press("a")
    assert ui.toasts == [NO_REQUEST]


async def test_what_the_server_says_of_a_frame_that_is_gone_greys_its_keys(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("l")
    order = last_order(ui, ShowLocals)
    ui.session.feed(
        LocalsShown(ask_id=order.ask_id, error_id="1-e1", gone=True, reason="Only 20 are kept.")
    )
    await ui.shows("Only 20 are kept.")
    await ui.until(lambda: not ui.keys()["evaluate"])
    await ui.press("x")
    await ui.until(lambda: ui.screen().count("Only 20 are kept.") == 2)


async def ask(ui: Driver, *keys: str) -> Any:
    """Type into the prompt and run it; returns the order."""
    await ui.press(*keys, "enter")
    await ui.until(lambda: isinstance(ui.session.orders[-1], Evaluate))
    return ui.session.orders[-1]


async def test_evaluating_shows_output_value_and_errors(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    await ui.shows("evaluate in Cart.total  /project/shop/cart.py:48")
    order = await ask(ui, *"items")
    assert (order.source, order.exception, order.frame) == ("items", (0,), 4)
    answer = Evaluated(ask_id=order.ask_id, error_id="1-e1")
    ui.session.feed(structs.replace(answer, value="[1, 2]", output="printed\n", truncated=True))
    await ui.shows(">>> items")
    await ui.shows("printed")
    await ui.shows("[1, 2]")
    await ui.shows("cut: there was more output")
    order = await ask(ui, *"nope")
    traceback = "NameError: name 'nope' is not defined\n"
    ui.session.feed(structs.replace(answer, ask_id=order.ask_id, traceback=traceback))
    await ui.shows("NameError: name 'nope'")


async def test_letters_in_the_prompt_are_no_commands(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"rq", "question_mark")
    assert ui.on(ErrorScreen).console.prompt.text == "rq?"
    assert ui.session.asked == []
    await ui.press("escape")
    assert isinstance(ui.app.screen, ErrorScreen)
    assert ui.app.focused is ui.on(FrameScreen).list


async def test_the_history_is_that_of_the_whole_dashboard(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    for source in ("first", "second"):
        order = await ask(ui, *source)
        ui.session.feed(Evaluated(ask_id=order.ask_id, error_id="1-e1", value="1"))
        await ui.until(lambda: not ui.on(ErrorScreen).evaluation.running)
    await ui.press("escape", "escape")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    await ui.press("enter")
    await ui.until(lambda: isinstance(ui.app.screen, ErrorScreen))
    await ui.press("x", *"draft", "up")
    prompt = ui.on(ErrorScreen).console.prompt
    assert prompt.text == "second"
    await ui.press("up", "up")
    assert prompt.text == "first"
    await ui.press("down", "down")
    assert prompt.text == "draft"


async def test_incomplete_code_goes_on_in_the_next_line(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"for", "space", *"n", "space", *"in", "space", *"x:", "enter")
    prompt = ui.on(ErrorScreen).console.prompt
    assert prompt.text == "for n in x:\n    "
    await ui.press(*"n", "ctrl+j", *"m", "enter")
    assert last_order(ui, Evaluate).source == "for n in x:\n    n\n    m"


async def test_pasted_lines_run_together(ui: Driver) -> None:
    from textual.events import Paste

    await open_error(ui)
    await ui.press("x")
    ui.app.post_message(Paste("a = 1\nb = 2\na + b"))
    await ui.until(lambda: ui.on(ErrorScreen).console.prompt.text)
    await ui.press("enter")
    assert last_order(ui, Evaluate).source == "a = 1\nb = 2\na + b"


async def test_two_at_once_are_one_and_a_note(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    for name in ("1", "enter", "2", "enter"):  # with nothing in between, as in one paste
        ui.app.post_message(Key(name, name if len(name) == 1 else None))
    await ui.shows("An evaluation is still running")
    asked = [order for order in ui.session.orders if isinstance(order, Evaluate)]
    assert [order.source for order in asked] == ["1"]
    assert ui.on(ErrorScreen).console.prompt.text == "2"


async def test_ctrl_c_stops_an_evaluation_and_does_not_leave(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    order = await ask(ui, *"spin()")
    await ui.shows("ctrl+c stops it")
    await ui.press("ctrl+c")
    assert last_order(ui, Interrupt).ask_id == order.ask_id
    assert ui.session.asked == []
    await ui.press(*"1", "enter")
    await ui.shows("An evaluation is still running")
    assert ui.on(ErrorScreen).console.prompt.text == "1"
    ui.session.feed(
        Evaluated(
            ask_id=order.ask_id, error_id="1-e1", traceback="KeyboardInterrupt\n", interrupted=True
        )
    )
    await ui.shows("KeyboardInterrupt")
    await ui.shows_not("ctrl+c stops it")


async def test_ctrl_c_in_the_prompt_clears_it_and_never_leaves(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"for", "space", *"n", "space", *"in", "space", *"x:", "enter", *"abc")
    prompt = ui.on(ErrorScreen).console.prompt
    assert "\n" in prompt.text
    await ui.press("ctrl+c")
    assert prompt.text == ""
    await ui.press("ctrl+c", "ctrl+c")
    await ui.shows("escape leaves the prompt")
    assert ui.session.asked == []
    assert ui.app.focused is prompt


async def test_tab_in_the_prompt_completes_and_does_not_leave_it(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"print(req", "tab")
    order = last_order(ui, Complete)
    assert (order.exception, order.frame, order.path, order.prefix) == ((0,), 4, (), "req")

    def complete(*names: str) -> None:
        order = last_order(ui, Complete)
        ui.session.feed(Completed(ask_id=order.ask_id, error_id="1-e1", names=names))

    complete("request", "request_id", "requests")
    prompt = ui.on(ErrorScreen).console.prompt
    await ui.until(lambda: prompt.text == "print(request")
    await ui.press("tab")
    complete("request", "request_id", "requests")
    await ui.shows("request  request_id  requests")
    await ui.press(*".args.g", "tab")
    order = last_order(ui, Complete)
    assert (order.path, order.prefix) == (("request", "args"), "g")
    complete("get")
    await ui.until(lambda: prompt.text == "print(request.args.get")
    await ui.press("shift+tab", *"rq")
    assert prompt.text == "print(request.args.getrq"
    assert ui.session.asked == []


async def test_code_comes_back_in_the_next_devtui(tmp_path: Path, state_folder: Path) -> None:
    for _ in range(2):
        async with running(FakeSession()) as ui:
            await open_error(ui)
            await ui.press("x", "up")
            await ui.until(lambda ui=ui: ui.on(ErrorScreen).console.prompt.has_focus)
            before = ui.on(ErrorScreen).console.prompt.text
            await ui.press("ctrl+c", *"6*7", "enter")
            await ui.until(lambda: list(state_folder.rglob("evaluated")), "it is kept")
    assert before == "6*7"


async def test_a_bracket_shows_how_it_is_called_until_the_line_is_cleared(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"cart.add(")
    await ui.until(lambda: ui.session.orders)
    order = last_order(ui, Complete)
    assert (order.path, order.prefix) == (("cart",), "add")
    answer = Completed(
        ask_id=order.ask_id, error_id="1-e1", names=("add",), signature="(item, count=1)"
    )
    ui.session.feed(answer)
    await ui.shows("add(item, count=1)")
    await ui.press(*"5")
    await ui.shows("add(item, count=1)")
    await ui.press("ctrl+c")
    await ui.shows_not("add(item, count=1)")


async def test_tab_says_why_nothing_is_completed(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtui.dashboard.errors.completer.ANSWER_SECONDS", 0.1)
    await open_error(ui)
    await ui.press("x", *"f().", "tab")
    await ui.shows("completing after a call would run it")
    assert [getattr(order, "prefix", "") for order in ui.session.orders] == ["f"], (
        "only how f is called"
    )
    await ui.press("ctrl+c", *"x.a", "tab")
    await ui.shows("Server process 4242 does not answer")
    monkeypatch.undo()
    await ui.press("ctrl+c", *"abc.d", "tab")
    order = last_order(ui, Complete)
    ui.session.feed(Completed(ask_id=order.ask_id, error_id="1-e1", reason="It is \x1b[31mred."))
    await ui.shows("It is \\x1b[31mred.")
    await ui.press("ctrl+c", "tab", *"z")
    assert ui.on(ErrorScreen).console.prompt.text == "    z"


async def test_what_is_typed_meanwhile_stays(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x", *"re", "tab", *"turn")
    order = last_order(ui, Complete)
    ui.session.feed(Completed(ask_id=order.ask_id, error_id="1-e1", names=("request",)))
    await ui.press(*"s")
    assert ui.on(ErrorScreen).console.prompt.text == "returns"


async def test_leaving_the_screen_stops_what_runs(ui: Driver) -> None:
    await open_error(ui)
    await ui.press("x")
    order = await ask(ui, *"spin()")
    await ui.press("escape", "escape")
    await ui.until(lambda: ui.app.screen is ui.app.main)
    assert last_order(ui, Interrupt).ask_id == order.ask_id


async def test_y_copies_the_traceback_and_e_opens_the_selected_frame(
    ui: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[object] = []
    edited: list[Frame] = []
    monkeypatch.setattr(ui.app, "copy", lambda text, what: copied.append((text, what)))
    monkeypatch.setattr(ui.app, "edit", edited.append)
    await open_error(ui)
    await ui.press("y", "e")
    lines = ui.on(FrameScreen).list
    lines.select(next(i for i in range(9) if "views.py" in lines.rows.text(lines.matches[i])))
    await ui.pilot.pause()
    await ui.press("e")
    assert copied == [(error().text, "the traceback")]
    assert [frame.line for frame in edited] == [48, 31]


async def test_g_goes_to_the_request_and_back(ui: Driver) -> None:
    await open_error(ui, started(1, "/cart"), raised(1), finished(1, "/cart", status=500))
    depth = len(ui.app.screen_stack)
    await ui.press("g")
    await ui.shows("served by")
    await ui.press("g")
    await ui.shows("in Cart.total")
    assert len(ui.app.screen_stack) == depth


async def test_an_error_of_no_request_has_no_way_to_one(ui: Driver) -> None:
    await open_error(ui, ErrorRaised(error=error(), origin="thread", error_id="1-e1"))
    await ui.shows("in a thread")
    assert not ui.keys()["to-request"]


async def test_a_tree_of_causes_and_groups(ui: Driver) -> None:
    members = (
        ExceptionData(type="KeyError", message="'x'"),
        ExceptionData(type="ValueError", message="two\nlines"),
    )
    chain = Error(
        exceptions=(
            ExceptionData(type="RuntimeError", message="top", notes=("try this",)),
            ExceptionData(
                type="ExceptionGroup", message="both", relation="cause", exceptions=members
            ),
            ExceptionData(type="OSError", message="old", relation="context"),
        ),
        text="t",
        left_out=7,
    )
    await open_error(ui, ErrorRaised(error=chain, error_id="1-e1"))
    for text in (
        "note: try this",
        "caused by",
        "├─ KeyError: 'x'",
        "└─ ValueError: two",
        "raised while handling",
        "OSError: old",
        "7 more exceptions",
    ):
        await ui.shows(text)
    await ui.press("l")
    assert ui.session.orders == []  # there is no frame to ask about


async def test_what_others_wrote_is_escaped(ui: Driver) -> None:
    evil = "\x1b[31m\x1b]52;c;QQ==\a[red]"
    await open_error(ui, ErrorRaised(generation=1, error=error(message=evil), error_id="1-e1"))
    await ui.shows("\\x1b[31m\\x1b]52;c;QQ==\\x07[red]")
    await ui.press("l")
    order = last_order(ui, ShowLocals)
    shown = (Variable(name="v", type="str", value=evil),)
    ui.session.feed(LocalsShown(ask_id=order.ask_id, error_id="1-e1", variables=shown))
    await ui.until(lambda: ui.screen().count("\\x1b[31m") == 2)
    await ui.press("x")
    order = await ask(ui, *"v")
    ui.session.feed(Evaluated(ask_id=order.ask_id, error_id="1-e1", value=evil, output=evil))
    await ui.until(lambda: ui.screen().count("\\x1b]52;c;QQ==\\x07[red]") == 4)
    assert ui.screen().count("\\x1b[31m") == 3  # what was printed has lost its colours


# -- a running request ------------------------------------------------------------------------


def stack(order: ShowStack, *functions: str, running: bool = True) -> StackShown:
    frames = tuple(
        Frame(file="/project/a.py", line=number, function=function, source="wait()", own=True)
        for number, function in enumerate(functions, 1)
    )
    return StackShown(
        ask_id=order.ask_id, request_id="1-1", thread="T-7", frames=frames, running=running
    )


async def open_stack(ui: Driver) -> ShowStack:
    ui.session.feed(started(1, "/slow"))
    await ui.shows("/slow")
    await ui.press("s")
    await ui.until(lambda: isinstance(ui.app.screen, StackScreen))
    await ui.until(lambda: ui.session.orders)
    return last_order(ui, ShowStack)


async def test_s_shows_where_a_running_request_is_again_and_again(ui: Driver) -> None:
    order = await open_stack(ui)
    ui.session.feed(stack(order, "view", "lock"))
    await ui.shows("in lock")
    await ui.shows("thread T-7")
    await ui.until(lambda: ui.session.orders[-1] is not order, "it looks again")
    ui.session.feed(stack(last_order(ui, ShowStack), "view", "other"))
    await ui.shows("in other")
    ui.session.feed(finished(1, "/slow", ms=2500))
    await ui.shows("Where it was last")
    await ui.shows("ended after 2.50 s: status 200")
    await ui.shows("in other")
    orders = len(ui.session.orders)
    await ui.pilot.pause(1.2 * LOOK_SECONDS)
    assert len(ui.session.orders) == orders  # it looks no more


async def test_s_is_grey_where_nothing_runs(ui: Driver) -> None:
    ui.session.feed(started(1, "/a"), finished(1, "/a"))
    await ui.shows("/a")
    assert not ui.keys()["stack"]
    await ui.press("s")
    assert ui.app.screen is ui.app.main


# -- pin, terminal, headers -------------------------------------------------------------------


async def test_i_copies_the_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    session = FakeSession()
    async with running(session) as ui:
        assert not ui.keys()["pin"]
        session.generations.pin = "123-456-789"
        written: list[str] = []
        monkeypatch.setattr(ui.app._driver, "write", written.append)
        await ui.press("i")
        await ui.until(lambda: ui.toasts)
        assert "PIN 123-456-789" in ui.toasts[0]
        assert written


async def test_secret_headers_are_masked_until_one_asks(ui: Driver) -> None:
    head = started(1, "/a")
    import msgspec

    head = msgspec.structs.replace(head, headers=(("Cookie", "id=hidden"), ("Accept", "*/*")))
    ui.session.feed(head, finished(1, "/a"))
    await ui.shows("/a")
    await ui.press("enter")
    await ui.shows(MASK)
    assert "id=hidden" not in ui.screen()
    await ui.press("m")
    await ui.shows("id=hidden")
    await ui.press("m")
    await ui.shows_not("id=hidden")


async def test_without_a_terminal_the_app_is_refused_one(ui: Driver) -> None:
    from devtui.events import TerminalRefused, TerminalWanted

    ui.session.feed(TerminalWanted(ask_id="t1", purpose="breakpoint", generation=1))
    order = last_order(ui, TerminalRefused)
    assert "devtui does not run in a terminal" in order.reason
    await asyncio.sleep(0)
    ui.session.feed(started(1, "/still-drawn"))
    await ui.shows("/still-drawn")
