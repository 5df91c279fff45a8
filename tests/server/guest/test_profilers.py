"""Profilers and trace functions of the app see the app, and none of our code."""

from __future__ import annotations

import sys

import pytest

from tests.support.live import Serve
from tests.support.projects import app_source

WAYS = ["cprofile", "setprofile", "threads"] + ["monitoring"] * (sys.version_info >= (3, 12))


@pytest.mark.parametrize("way", WAYS)
def test_a_profiler_sees_none_of_our_code(serve: Serve, way: str) -> None:
    live = serve(app_source("profiled.py"))
    live.serving()
    for _ in range(2):
        answer = live.get(f"/{way}")
        assert (answer.status, answer.text) == (200, "none")
    assert not live.errors("")
