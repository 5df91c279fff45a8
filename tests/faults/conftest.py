"""Fixtures shared with the end-to-end tests: the real program."""

from tests.support.terminal.starter import devtui, free_port

__all__ = ["devtui", "free_port"]
