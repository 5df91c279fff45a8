"""Helpers for our code inside the user's process: re-entrant and invisible."""
