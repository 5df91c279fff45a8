"""Werkzeug's debugger in the browser: its PIN, and who may use it."""
