"""What docs/security.md names is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "security.md"


def test_every_test_that_it_names_is_there() -> None:
    if not PAGE.exists():
        pytest.skip("the pages are not part of this copy")
    names = re.findall(r"`[\w/]*(test_\w+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(names) > 10
    assert set(names) <= {file.name for file in TESTS.rglob("test_*.py")}


def test_no_two_test_modules_have_the_same_name() -> None:
    names = Counter(file.name for file in TESTS.rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_option_that_it_names_is_there() -> None:
    from devtui.cli.command import command

    if not PAGE.exists():
        pytest.skip("the pages are not part of this copy")
    options = {
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    named = set(re.findall(r"(?<![\w-])--[a-z-]+", PAGE.read_text(encoding="utf-8")))
    assert named <= options
