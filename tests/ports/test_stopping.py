"""Stopping real holders: which processes get signals, in which order, and the outcome."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import psutil
import pytest

from devtui.config.settings import Settings
from devtui.events import Holder
from devtui.ports import stopping
from devtui.ports.bind import bind
from devtui.ports.holders import holders
from devtui.ports.process_info import started
from devtui.ports.survey import survey
from tests.support.holding import (
    AS_NOBODY,
    BOTH_LOOPBACKS,
    DEAF,
    DUAL,
    PARENT_AND_CHILD,
    SHARED,
    V4,
    V6,
    holding,
    running,
)
from tests.support.processes import DEADLINE, eventually, free_port, has_ipv6, listens
from tests.support.projects import app_source

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another user"
)


class Steps(list[str]):
    """Records the reported steps and checks that their times increase."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def __call__(self, seconds: float, text: str) -> None:
        assert seconds >= self.seconds
        self.seconds = seconds
        self.append(text)


def stop(port: int, host: str = "127.0.0.1", watch: float = 0.0) -> tuple[stopping.Outcome, Steps]:
    """Stop all listeners on the port."""
    steps = Steps()
    settings = Settings(host=host, port=port)
    return stopping.stop(settings, holders(port), steps, watch), steps


def test_a_holder_is_asked_and_ends() -> None:
    with holding(V4) as held:
        outcome, steps = stop(held.port)
        assert outcome.freed
        assert held.process.wait(20) == -signal.SIGTERM
    assert f"({held.pid}) exited after" in outcome.text
    asked, tried = steps
    assert asked.startswith("asking python")
    assert asked.endswith(f"({held.pid}) to exit (SIGTERM)")
    assert tried == "checking the port"


def test_one_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ASK_SECONDS", 0.3)
    with holding(DEAF) as held:
        outcome, steps = stop(held.port)
        assert held.process.wait(20) == -signal.SIGKILL
    assert outcome.freed
    assert "ignored SIGTERM and was killed" in outcome.text
    assert [step.partition(" ")[0] for step in steps] == ["asking", "killing", "checking"]


def test_a_parent_and_its_child_are_stopped_together_top_first() -> None:
    with holding(PARENT_AND_CHILD) as held:
        child = next(one for one in holders(held.port) if one.pid != held.pid)
        # Whichever of them is chosen, it is one server.
        steps = Steps()
        outcome = stopping.stop(Settings(port=held.port), (child,), steps)
        assert held.process.wait(20) == -signal.SIGTERM
        assert holders(held.port) == ()
    assert outcome.freed
    assert steps[0].index(f"({held.pid})") < steps[0].index(f"({child.pid})")


WORKERS_COME_BACK = app_source("ports/workers_come_back.py")


def test_a_server_that_makes_new_workers_ends_with_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stopping, "ASK_SECONDS", 0.3)
    # `holding` waits for two lines where a program forks: the master itself says one too.
    program = WORKERS_COME_BACK.replace("def worker", "print('ready', flush=True)\ndef worker")
    with holding(program) as held:
        outcome, steps = stop(held.port)
        assert outcome.freed, outcome.text
        assert holders(held.port) == ()
        assert held.process.wait(20) == -signal.SIGKILL
    assert steps[1].startswith("killing")


LOOP = """\
while true; do
    {python} -m http.server {port} --bind 127.0.0.1
done
"""


def test_a_holder_that_a_shell_loop_starts_again(tmp_path: Path) -> None:
    port = free_port()
    script = tmp_path / "serve.sh"
    script.write_text(LOOP.format(python=sys.executable, port=port))
    with running(["sh", str(script)]) as shell:
        assert eventually(lambda: listens(port))
        (held,) = holders(port)
        assert f"a loop in the shell sh (pid {shell.pid})" in held.restarts_by
        outcome, _ = stop(port, watch=DEADLINE)  # until it is back
        assert not outcome.freed
        (again,) = holders(port)
        assert again.pid != held.pid
        assert f"It is back as {again.name} ({again.pid})" in outcome.text
        assert f"a loop in the shell sh (pid {shell.pid})" in outcome.text
        assert shell.poll() is None


def test_all_listeners_of_a_shared_port() -> None:
    with holding(SHARED) as one, holding(SHARED, one.port) as other:
        outcome, _ = stop(one.port)
        assert outcome.freed
        assert one.process.wait(20) == other.process.wait(20) == -signal.SIGTERM


def test_one_of_two_is_not_enough() -> None:
    with holding(SHARED) as one, holding(SHARED, one.port) as other:
        chosen = tuple(holder for holder in holders(one.port) if holder.pid == one.pid)
        outcome = stopping.stop(Settings(port=one.port), chosen)
        assert not outcome.freed
        assert re.search(rf"is still held by python\S* \({other.pid}\)", outcome.text)
        assert other.process.poll() is None


def test_a_client_is_never_touched() -> None:
    client_program = """
c = socket.create_connection(('127.0.0.1', port)); stay()
"""
    with holding(V4) as held, holding(client_program, held.port) as client:
        outcome, _ = stop(held.port)
        assert outcome.freed
        assert client.process.poll() is None


@needs_ipv6
def test_another_address_is_left_alone() -> None:
    with holding(V4) as held, holding(V6, held.port) as other:
        blocking = survey(Settings(port=held.port)).blocking
        assert [one.pid for one in blocking] == [held.pid]
        assert stopping.stop(Settings(port=held.port), blocking).freed
        assert other.process.poll() is None


@needs_ipv6
@pytest.mark.parametrize("program", [DUAL, BOTH_LOOPBACKS])
def test_a_server_on_both_families_makes_way(program: str) -> None:
    with holding(program) as held:
        outcome, _ = stop(held.port)
        assert outcome.freed
        assert held.process.wait(20) == -signal.SIGTERM


# -- who is never stopped ----------------------------------------------------------------------


def test_a_pid_that_is_used_again_is_never_hit() -> None:
    with holding(V4) as held:
        (found,) = holders(held.port)
        assert found.started is not None
        earlier = msgspec.structs.replace(found, started=found.started - timedelta(seconds=60))
        outcome = stopping.stop(Settings(port=held.port), (earlier,))
        assert not outcome.freed
        assert "nothing to stop" in outcome.text
        assert held.process.poll() is None


def test_one_that_let_go_of_the_port_is_left_alone() -> None:
    lets_go = """
s = hold('127.0.0.1')
signal.signal(signal.SIGUSR1, lambda *_: (s.close(), print('gone', flush=True)))
stay()
"""
    with holding(lets_go) as held:
        (found,) = holders(held.port)
        held.process.send_signal(signal.SIGUSR1)
        assert eventually(lambda: not holders(held.port))
        outcome = stopping.stop(Settings(port=held.port), (found,))
        assert outcome.freed  # it can be had, and nobody was hurt for it
        assert "nothing to stop" in outcome.text
        assert held.process.poll() is None


def ours(pid: int | None) -> Holder:
    process = psutil.Process(os.getpid() if pid in (None, 0, 1, 4) else pid)
    return Holder(pid=pid, name="x", command="x", user="?", started=started(process))


@pytest.mark.parametrize(
    "pid", [0, 1, 4, os.getpid(), os.getppid()], ids=["0", "1", "4", "own", "parent"]
)
def test_ourselves_our_ancestors_and_the_system_are_refused(pid: int) -> None:
    why_not = stopping.refusal(ours(pid))
    assert why_not is not None
    assert "devtui does not stop" in why_not
    assert stopping.stop(Settings(port=5000), (ours(pid),)) == stopping.Outcome(False, why_not)


def test_our_own_listener_is_never_stopped() -> None:
    with bind(Settings(port=0)) as listener:
        outcome, steps = stop(listener.getsockname()[1])
    assert not outcome.freed
    assert "devtui itself" in outcome.text
    assert not steps


def test_a_child_that_shares_a_socket_with_us_is_stopped_without_us() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        command = [
            sys.executable,
            "-c",
            "print('ready', flush=True); import signal; signal.pause()",
        ]
        with subprocess.Popen(
            command, pass_fds=(listener.fileno(),), stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            theirs = tuple(one for one in holders(port) if one.pid == child.pid)
            outcome = stopping.stop(Settings(port=port), theirs)
            assert child.wait(20) == -signal.SIGTERM
    assert not outcome.freed
    assert str(os.getpid()) in outcome.text


def test_a_forwarder_is_not_stopped_itself() -> None:
    proxy = Holder(
        pid=7, name="docker-proxy", command="docker-proxy", user="root", kind="container",
        note="published by the container web: docker stop web frees the port",
    )  # fmt: skip
    hidden = Holder(
        pid=None, name="", command="", user="ada", note="held by a process of another user (ada)"
    )
    silent = Holder(pid=7, name="curl", command="curl", user="ada", listens=False)
    unknown = Holder(pid=7, name="curl", command="curl", user="ada")
    for holder, told in [
        (proxy, "docker stop web"),
        (hidden, "Held by a process of another user (ada)"),
        (silent, "does not listen"),
        (unknown, "is unknown"),
    ]:
        why_not = stopping.refusal(holder)
        assert why_not is not None
        assert told in why_not


_REFUSED_AS_ANOTHER_USER = """
import os, sys
from devtui.events import Holder, utc_now
from devtui.ports.stopping import refusal
holder = Holder(pid=int(sys.argv[1]), name="x", command="x", user="nobody", started=utc_now())
refusal(holder)  # what is imported on the way may be root's alone to read
os.setgid(65533); os.setuid(65533)
print(refusal(holder))
"""


@needs_root
def test_a_process_that_may_not_be_signalled_is_refused_before_it_is_tried() -> None:
    with holding(AS_NOBODY) as held:
        assert stopping.refusal(holders(held.port)[0]) is None  # root may
        done = subprocess.run(
            [sys.executable, "-c", _REFUSED_AS_ANOTHER_USER, str(held.pid)],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert f"sudo kill {held.pid}" in done.stdout, done


def test_a_refusal_of_the_system_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "pidfd_open", no_pidfd, raising=False)
    with holding(V4) as held, monkeypatch.context() as patched:
        patched.setattr(psutil.Process, "send_signal", refuses)
        outcome, _ = stop(held.port)
        assert not outcome.freed
        assert "you may not stop it" in outcome.text
        assert held.process.poll() is None


def no_pidfd(pid: int, flags: int = 0) -> int:
    raise OSError(38, "Function not implemented")


def test_a_process_that_survives_sigkill_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ASK_SECONDS", 0.05)
    monkeypatch.setattr(stopping, "KILL_SECONDS", 0.05)
    monkeypatch.setattr(stopping, "send", lambda target, number: None)
    with holding(V4) as held:
        outcome, _ = stop(held.port)
    assert not outcome.freed
    assert "did not exit, even after SIGKILL" in outcome.text


def test_a_system_without_pidfds_is_served_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pidfd_open", no_pidfd, raising=False)
    with holding(V4) as held:
        assert stop(held.port)[0].freed
        assert held.process.wait(20) == -signal.SIGTERM
