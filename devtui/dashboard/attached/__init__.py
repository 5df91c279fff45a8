"""A dashboard that is attached to a session of another process."""
