"""Dashboards in other terminals: what the session tells them, and what they ask of it."""
