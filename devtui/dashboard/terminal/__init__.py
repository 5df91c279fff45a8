"""The terminal under the dashboard: its driver, colours and characters."""
