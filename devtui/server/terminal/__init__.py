"""Lend the terminal to one thread of the app at a time."""
