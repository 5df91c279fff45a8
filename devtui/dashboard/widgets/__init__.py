"""Widgets that know nothing of devtui's screens."""
