"""A session that another process runs, for the dashboard that is attached to it."""
