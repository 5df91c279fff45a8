"""Errors: report them as data, and keep their frames."""
