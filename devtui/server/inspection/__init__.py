"""Answer the session's questions about frames and threads."""
