"""Whether a load asks for what was imported ahead as a fresh process would have."""

from __future__ import annotations

import threading

import pytest

from devtui.server.standby.preloads import Preloaded, Preloads, UnfitStandby

PLAIN = Preloaded("plain", frozenset({"plain", "plain.part"}))
OTHER = Preloaded("other", frozenset({"other"}))
LOUD = Preloaded("loud", frozenset({"loud"}), "the warnings filters")
EARLY = Preloaded("green", frozenset({"green", "green.ssl"}), "a patched module (ssl.A)", True)

STATE = dict.fromkeys(
    (
        "os.environ", "sys.path", "sys.meta_path", "sys.path_hooks", "a patched module",
        "the builtins", "a signal handler", "the locale", "the multiprocessing start method",
        "the event loop policy", "the working folder", "the standard streams",
        "an exception hook", "the warnings filters",
    ),
    0,
)  # fmt: skip


def unfit(preloads: Preloads, *names: str, changed: str = "") -> str:
    with pytest.raises(UnfitStandby) as raised:
        preloads.ask(names, changed)
    return str(raised.value)


def test_what_was_asked_for_is_awaited_no_more() -> None:
    preloads = Preloads([PLAIN])
    assert preloads.awaits(["nothing", "plain.part"])
    preloads.ask(["plain"], "")
    assert not preloads.awaits(["plain.part"])
    preloads.ask(["plain"], "sys.path")
    preloads.finish(failed=False)


def test_in_another_order_where_nothing_is_changed_by_them() -> None:
    preloads = Preloads([PLAIN, LOUD, OTHER])
    for name in ("other", "loud", "plain"):
        preloads.ask([name], "")
    preloads.finish(failed=False)


def test_a_change_before_it_is_asked_for() -> None:
    expected = "sys.path was changed before plain.part was imported"
    assert unfit(Preloads([PLAIN]), "plain.part", changed="sys.path") == expected


def test_a_change_before_code_that_is_not_the_user_s_imports_it() -> None:
    preloads = Preloads([PLAIN])
    preloads.check_unasked(["nothing"], "sys.path")
    with pytest.raises(UnfitStandby, match=r"sys\.path was changed before plain\.part was"):
        preloads.check_unasked(["plain.part"], "sys.path")


def test_one_that_changes_the_process_for_others_keeps_its_place() -> None:
    assert unfit(Preloads([EARLY, PLAIN]), "plain") == "plain is now imported before green"
    assert unfit(Preloads([PLAIN, EARLY]), "green") == "green is now imported before plain"
    assert unfit(Preloads([EARLY]), "green.ssl") == "green.ssl is now imported before green"


def test_a_new_import_before_one_that_changes_the_process() -> None:
    preloads = Preloads([PLAIN, EARLY])
    preloads.ask(["plain"], "")
    with pytest.raises(UnfitStandby) as raised:
        preloads.note_unknown(["new"], STATE, STATE)
    assert str(raised.value) == (
        "new is imported before green, which changes a patched module (ssl.A)"
    )


def test_a_new_import_that_changes_the_process_before_the_others() -> None:
    preloads = Preloads([PLAIN])
    preloads.note_unknown(["new"], STATE, {**STATE, "the locale": 1})
    assert unfit(preloads, "plain") == "the locale was changed before plain was imported"


def test_a_new_import_that_matters_to_no_other() -> None:
    preloads = Preloads([PLAIN])
    preloads.note_unknown(["new"], STATE, {**STATE, "the warnings filters": 1})
    preloads.ask(["plain"], "")
    preloads.finish(failed=False)


def test_a_name_that_had_been_imported_before_has_no_place() -> None:
    """Devtui's own modules import some of the standard library, which bring nothing then."""
    there = Preloaded("subprocess", frozenset())
    preloads = Preloads([there, PLAIN, Preloaded("plain.part", frozenset()), EARLY])
    preloads.ask(["plain"], "")
    preloads.note_unknown(["subprocess"], STATE, STATE)
    preloads.ask(["green"], "")
    preloads.finish(failed=False)


def test_one_that_is_imported_no_more() -> None:
    Preloads([PLAIN]).finish(failed=False)
    with pytest.raises(UnfitStandby) as raised:
        Preloads([PLAIN, LOUD]).finish(failed=False)
    assert str(raised.value) == (
        "loud, which changes the warnings filters, is not imported any more"
    )


def test_a_load_that_has_failed_may_not_have_come_to_ask_for_all() -> None:
    Preloads([LOUD]).finish(failed=True)


@pytest.mark.parametrize("failed", [False, True])
def test_what_was_swallowed_is_raised_at_the_end(failed: bool) -> None:
    preloads = Preloads([PLAIN])
    reason = unfit(preloads, "plain", changed="sys.path")
    with pytest.raises(UnfitStandby) as raised:
        preloads.finish(failed=failed)
    assert str(raised.value) == reason


def test_no_except_exception_catches_it() -> None:
    assert not issubclass(UnfitStandby, Exception)


def test_in_a_thread_of_the_app_s_it_is_an_import_error_and_told_at_the_end() -> None:
    """A thread that ends with something else would be the user's to see."""
    preloads = Preloads([PLAIN])
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            preloads.ask(["plain"], "sys.path")
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(30)
    reason = "sys.path was changed before plain was imported"
    assert [(type(error), str(error)) for error in raised] == [
        (ImportError, f"the standby is unfit: {reason}")
    ]
    with pytest.raises(UnfitStandby, match=reason):
        preloads.finish(failed=False)


def test_after_the_load_nothing_is_checked_any_more() -> None:
    preloads = Preloads([PLAIN])
    preloads.finish(failed=False)
    preloads.check_unasked(["plain"], "sys.path")
