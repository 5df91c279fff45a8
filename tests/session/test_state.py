"""Which state may follow which, and that each change is told once."""

from __future__ import annotations

import pytest

from devtui.session.state import State, StateMachine

Change = tuple[State, State, str]


def machine() -> tuple[StateMachine, list[Change]]:
    changes: list[Change] = []
    return StateMachine(lambda *change: changes.append(change)), changes


# Ways to each state that a session can take.
WAYS = {
    State.STARTING: [],
    State.SERVING: [State.SERVING],
    State.SERVING_ERROR: [State.SERVING, State.RELOADING, State.SERVING_ERROR],
    State.RELOADING: [State.SERVING, State.RELOADING],
    State.PORT_BUSY: [State.PORT_BUSY],
    State.FAILED: [State.FAILED],
    State.CRASHED: [State.SERVING, State.CRASHED],
    State.STOPPED: [State.STOPPED],
    State.SUSPENDED: [State.SERVING],
}


def at(state: State) -> tuple[StateMachine, list[Change]]:
    """A machine in that state, and the changes that it will announce from here on."""
    standing, changes = machine()
    for step in WAYS[state]:
        standing.to(step)
    if state is State.SUSPENDED:
        standing.suspend("SIGSTOP")
    changes.clear()
    return standing, changes


def test_a_session_begins_by_starting() -> None:
    assert machine()[0].state is State.STARTING


def test_a_change_is_told_with_its_reason() -> None:
    standing, changes = machine()
    standing.to(State.FAILED, "no such module")
    assert standing.state is State.FAILED
    assert changes == [(State.STARTING, State.FAILED, "no such module")]


@pytest.mark.parametrize(
    "state", [state for state in State if state not in (State.STOPPED, State.SUSPENDED)]
)
def test_staying_is_no_change(state: State) -> None:
    standing, changes = at(state)
    standing.to(state, "again")
    assert changes == []


@pytest.mark.parametrize("state", [state for state in State if state is not State.STOPPED])
def test_every_state_can_be_left_for_good(state: State) -> None:
    standing, changes = at(state)
    standing.to(State.STOPPED)
    assert changes == [(state, State.STOPPED, "")]


@pytest.mark.parametrize("state", [state for state in State if state is not State.STOPPED])
def test_nothing_follows_the_stop(state: State) -> None:
    standing, changes = at(State.STOPPED)
    with pytest.raises(ValueError, match="stopped"):
        standing.to(state)
    assert changes == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.SERVING, State.STARTING),
        (State.SERVING_ERROR, State.SERVING),
        (State.FAILED, State.SERVING),
        (State.CRASHED, State.SERVING),
        (State.PORT_BUSY, State.SERVING),
        (State.SERVING, State.FAILED),
    ],
)
def test_no_step_is_left_out(before: State, after: State) -> None:
    standing, changes = at(before)
    with pytest.raises(ValueError, match=f"'{before.value}' cannot become '{after.value}'"):
        standing.to(after)
    assert standing.state is before
    assert changes == []


@pytest.mark.parametrize("state", [state for state in State if state is not State.STOPPED])
def test_a_process_that_was_suspended_goes_on_where_it_was(state: State) -> None:
    standing, changes = at(state)
    below = State.SERVING if state is State.SUSPENDED else state
    standing.suspend("SIGSTOP")
    assert standing.state is State.SUSPENDED
    standing.resume("SIGCONT")
    assert standing.state is below
    assert changes[-1] == (State.SUSPENDED, below, "SIGCONT")


def test_what_is_read_late_of_a_suspended_process_is_remembered() -> None:
    standing, changes = at(State.STARTING)
    standing.suspend("SIGSTOP")
    standing.to(State.SERVING)
    assert standing.state is State.SUSPENDED
    standing.resume("SIGCONT")
    assert [state for _, state, _ in changes] == [State.SUSPENDED, State.SERVING]


@pytest.mark.parametrize("state", [State.RELOADING, State.CRASHED])
def test_another_process_is_not_suspended(state: State) -> None:
    standing, changes = at(State.SUSPENDED)
    standing.to(state, "restarted by hand")
    assert standing.state is state
    assert changes == [(State.SUSPENDED, state, "restarted by hand")]


def test_a_process_that_is_suspended_while_it_starts_is_started_again() -> None:
    standing, changes = at(State.STARTING)
    standing.suspend("SIGSTOP")
    standing.to(State.STARTING, "restarted by hand")
    assert changes[-1] == (State.SUSPENDED, State.STARTING, "restarted by hand")


def test_it_has_served_once_the_app_and_not_only_an_error_was_served() -> None:
    standing, _ = at(State.STARTING)
    standing.to(State.SERVING_ERROR)
    standing.to(State.RELOADING)
    assert not standing.has_served
    standing.to(State.SERVING)
    assert standing.has_served
    standing.to(State.CRASHED)
    assert standing.has_served


@pytest.mark.parametrize("state", State)
def test_what_a_state_says_of_the_server(state: State) -> None:
    assert not (state.loading and state.answers)
    assert state.loading is (state in (State.STARTING, State.RELOADING))
    assert state.answers is (state in (State.SERVING, State.SERVING_ERROR))
