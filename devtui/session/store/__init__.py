"""The store: what the session remembers, bounded."""
