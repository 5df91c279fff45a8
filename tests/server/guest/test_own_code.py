"""Packages that are installed by a link among the installed ones are the user's own code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devtui.server.guest.own_code import is_own
from tests.support.projects import write


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    return folder


def test_a_package_that_is_installed_by_a_link_is_own(tmp_path: Path, installed: Path) -> None:
    write(tmp_path, {"src/acme/deep/mod.py": "", "src/alone.py": ""})
    os.symlink(tmp_path / "src" / "acme", installed / "acme")
    os.symlink(tmp_path / "src" / "alone.py", installed / "alone.py")
    assert is_own(str(installed / "acme"))
    assert is_own(str(installed / "acme" / "deep"))
    assert is_own(str(installed / "acme" / "deep" / "mod.py"))
    assert is_own(str(installed / "alone.py"))
    assert not is_own(str(installed))


@pytest.mark.parametrize("store", [".cache/uv/x", "other/site-packages"])
def test_a_link_to_what_an_installer_keeps_is_not(
    tmp_path: Path, installed: Path, store: str
) -> None:
    write(tmp_path, {f"{store}/flask/app.py": "", f"{store}/six.py": ""})
    os.symlink(tmp_path / store / "flask", installed / "flask")
    os.symlink(tmp_path / store / "six.py", installed / "six.py")
    assert not is_own(str(installed / "flask" / "app.py"))
    assert not is_own(str(installed / "six.py"))


def test_what_lies_there_itself_is_not(installed: Path) -> None:
    write(installed, {"flask/app.py": ""})
    assert not is_own(str(installed / "flask" / "app.py"))
    assert not is_own(str(installed / "gone" / "app.py"))
