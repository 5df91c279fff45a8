"""Reloading: see what changed, and decide when to act."""
