"""Requests that the session sends itself: again, changed, pinned, compared, copied."""
