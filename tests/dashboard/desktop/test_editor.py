from __future__ import annotations

import pytest

from devtui.dashboard.desktop.editor import NoEditor, editor_command


@pytest.mark.parametrize(
    ("editor", "arguments", "terminal"),
    [
        ("vim", ("vim", "+7", "a.py"), True),
        ("nvim", ("nvim", "+7", "a.py"), True),
        ("/usr/bin/vi", ("/usr/bin/vi", "+7", "a.py"), True),
        ("nano", ("nano", "+7", "a.py"), True),
        ("emacs -nw", ("emacs", "-nw", "+7", "a.py"), True),
        ("emacsclient", ("emacsclient", "+7", "a.py"), False),
        ("emacsclient -t", ("emacsclient", "-t", "+7", "a.py"), True),
        ("hx", ("hx", "a.py:7"), True),
        ("micro", ("micro", "+7", "a.py"), True),
        ("kak", ("kak", "+7", "a.py"), True),
        ("code --wait", ("code", "--wait", "--goto", "a.py:7"), False),
        ("cursor", ("cursor", "--goto", "a.py:7"), False),
        ("codium", ("codium", "--goto", "a.py:7"), False),
        ("subl -n", ("subl", "-n", "a.py:7"), False),
        ("zed", ("zed", "a.py:7"), False),
        ("pycharm", ("pycharm", "--line", "7", "a.py"), False),
        ("idea", ("idea", "--line", "7", "a.py"), False),
        ("kate", ("kate", "--line", "7", "a.py"), False),
        ("gvim", ("gvim", "+7", "a.py"), False),
        ("something", ("something", "a.py"), True),
        ("/my/ed.sh", ("/my/ed.sh", "a.py"), True),
        ("code.py --wait", ("code.py", "--wait", "a.py"), True),
        ("/usr/bin/vim.basic", ("/usr/bin/vim.basic", "+7", "a.py"), True),
        ("Code.exe", ("Code.exe", "--goto", "a.py:7"), False),
        ("'/my tools/vim'", ("/my tools/vim", "+7", "a.py"), True),
    ],
)
def test_each_editor_in_its_own_way(
    editor: str, arguments: tuple[str, ...], terminal: bool
) -> None:
    command = editor_command("a.py", 7, {"EDITOR": editor})
    assert (command.arguments, command.terminal) == (arguments, terminal)


def test_visual_comes_before_editor() -> None:
    assert editor_command("a", 1, {"VISUAL": "code", "EDITOR": "vim"}).name == "code"
    assert editor_command("a", 1, {"VISUAL": " ", "EDITOR": "vim"}).name == "vim"


def test_a_file_is_never_an_option() -> None:
    assert editor_command("-c:q", 0, {"EDITOR": "vim"}).arguments == ("vim", "+1", "./-c:q")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [({}, "export VISUAL or EDITOR"), ({"EDITOR": 'vim "'}, "is not a command")],
)
def test_no_editor(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(NoEditor, match=sentence):
        editor_command("a.py", 1, environment)
