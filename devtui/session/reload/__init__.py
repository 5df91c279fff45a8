"""Reloading: see which files changed, and replace the server process."""
