"""Which Python runs the app: the named one, the active one, or the one in the folder or above."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from devtui.interpreters import advice
from devtui.interpreters.choice import choose, named_in
from devtui.interpreters.python_environment import OWN_KIND, Environment, NoSuchPython, in_folder


def make(prefix: Path, kind: str = OWN_KIND, *packages: str) -> str:
    """Files like those of an environment."""
    site = prefix / "lib" / kind / "site-packages"
    site.mkdir(parents=True)
    for name in packages:
        (site / name).mkdir()
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(sys.executable)
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\n")
    return str(prefix)


def prefix_of(found: Environment | None) -> str | None:
    return None if found is None else found.prefix


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "src"
    path.mkdir(parents=True)
    return path


def chosen(folder: Path, named: str | None = None, **variables: str) -> str | None:
    return prefix_of(choose(named, variables, str(folder)).environment)


def test_the_active_environment_wins_over_the_one_in_the_folder(folder: Path) -> None:
    above, here = make(folder.parent / ".venv"), make(folder.parents[1] / "active")
    assert chosen(folder) == above
    assert chosen(folder, VIRTUAL_ENV=here) == here
    assert chosen(folder, CONDA_PREFIX=here) == here
    assert chosen(folder, VIRTUAL_ENV=str(folder / "gone")) == above
    nearer = make(folder / "venv")
    assert chosen(folder) == nearer


def test_conda_s_base_is_active_by_itself_and_comes_last(folder: Path) -> None:
    base = make(folder.parents[1] / "conda")
    variables = {"CONDA_PREFIX": base, "CONDA_DEFAULT_ENV": "base"}
    assert chosen(folder, **variables) == base
    above = make(folder.parent / ".venv")
    assert chosen(folder, **variables) == above


def test_an_active_environment_of_our_own_is_ours(folder: Path) -> None:
    make(folder / ".venv")
    assert chosen(folder, VIRTUAL_ENV=sys.prefix) is None
    assert not choose(None, {"VIRTUAL_ENV": sys.prefix}, str(folder)).is_alone


def test_a_folder_with_our_own_environment_needs_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has typed .venv/bin/devtui, whatever else is active."""
    ours, other = make(folder / ".venv"), make(folder.parents[1] / "active")
    monkeypatch.setattr(sys, "prefix", ours)
    assert chosen(folder, VIRTUAL_ENV=other) is None


@pytest.mark.parametrize(
    ("words", "wins"),
    [
        (["/x/bin/python", "-m", "devtui", "hello"], True),
        (["../x/bin/python", "-X", "dev", "-m", "devtui"], True),
        (["python", "-m", "devtui"], False),
        (["/x/bin/python", "/x/bin/devtui"], False),
        (["/x/bin/python", "-m", "pytest"], False),
    ],
)
def test_a_python_that_was_typed_wins_over_the_active_one(
    words: list[str], wins: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(folder / ".venv")
    other = make(folder.parents[1] / "other")
    monkeypatch.setattr(sys, "orig_argv", words)
    assert chosen(folder, VIRTUAL_ENV=other) == (None if wins else other)
    assert chosen(folder, other) == other
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)  # it is no environment's
    assert chosen(folder, VIRTUAL_ENV=other) == other


def test_a_project_without_one_is_known_as_such(folder: Path) -> None:
    (folder / ".venv").mkdir()  # it is no environment
    found = choose(None, {}, str(folder))
    assert found.environment is None
    assert found.is_alone


def test_the_named_one_wins(folder: Path) -> None:
    make(folder / ".venv")
    named = make(folder.parents[1] / "named")
    for name in (named, f"{named}/bin/python", os.path.relpath(named, folder)):
        assert chosen(folder, name, VIRTUAL_ENV=sys.prefix) == named
    assert chosen(folder, sys.executable) is None
    with pytest.raises(NoSuchPython, match="There is no Python 'nowhere'"):
        chosen(folder, "nowhere")
    with pytest.raises(NoSuchPython, match="no Python environment in"):
        chosen(folder, str(folder))
    with pytest.raises(NoSuchPython, match="is not a Python that can be run"):
        chosen(folder, "/bin/false")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--python", "x", "hello"], "x"),
        (["hello", "--python=x"], "x"),
        (["--", "--python", "x"], "variable"),
        (["--python"], None),
        ([], "variable"),
    ],
)
def test_the_name_is_read_before_the_command_line_is(
    arguments: list[str], named: str | None
) -> None:
    assert named_in(arguments, {"DEVTUI_PYTHON": "variable"}) == named


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_an_environment_of_somebody_else_is_passed_over(folder: Path) -> None:
    planted = make(folder.parent / ".venv")
    os.chown(planted, 12345, 12345)
    found = choose(None, {}, str(folder))
    assert found.environment is None
    assert f"devtui does not use {planted!r}, because it belongs to" in found.passed_over
    assert f"type: --python {planted}" in found.passed_over
    assert chosen(folder, planted) == planted


def test_a_python_that_has_gone_is_named(folder: Path) -> None:
    venv = Path(make(folder / ".venv"))
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/gone/python3.9")
    told = "points to /gone/python3.9, which cannot be run"
    with pytest.raises(NoSuchPython, match=re.escape(told)):
        chosen(folder, VIRTUAL_ENV=str(venv))
    found = choose(None, {}, str(folder))  # nobody has asked for it
    assert found.is_alone
    assert told in found.passed_over


@pytest.mark.parametrize(
    ("files", "packages", "told"),
    [
        ([], [], "Type: uv pip install --python .venv/bin/python devtui"),
        ([], ["pip"], "Type: .venv/bin/python -m pip install devtui"),
        (
            ["uv.lock"],
            [],
            "Type: uv add --dev devtui   or, only for now: uv run --with devtui devtui a:b",
        ),
        (["poetry.lock"], ["pip"], "Type: poetry add --group dev devtui"),
    ],
)
def test_what_to_type_for_another_version(
    folder: Path, files: list[str], packages: list[str], told: str
) -> None:
    for name in ("pyproject.toml", *files):
        (folder / name).touch()
    found = in_folder(make(folder / ".venv", "python3.1", *packages))
    assert found is not None
    problem = advice.problem(found, str(folder), ["a:b"])
    assert "The app's Python (.venv/bin/python) is Python 3.1, and devtui was" in problem
    assert problem.endswith(told)
    pip = folder / ".venv" / "bin" / "pip"
    pip.symlink_to("/bin/true")
    if packages and not files:
        assert advice.problem(found, str(folder), []).endswith("Type: .venv/bin/pip install devtui")


def test_a_library_that_is_too_old_is_named(folder: Path) -> None:
    found = in_folder(make(folder / "venv", OWN_KIND, "Werkzeug-2.0.3.dist-info", "pip"))
    assert found is not None
    assert "has werkzeug 2.0.3, and devtui needs 2.2 or newer" in advice.problem(
        found, str(folder), []
    )
    assert not found.has_devtui


def test_the_lowest_versions_are_those_that_devtui_asks_for() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    for package, lowest in advice.LOWEST.items():
        assert f'"{package}>={".".join(map(str, lowest))},' in text
