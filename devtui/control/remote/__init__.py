"""A session that another process runs, as the dashboard that is attached to it sees it."""
