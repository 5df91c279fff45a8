"""Show where the time of a request went."""
