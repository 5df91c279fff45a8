"""The terminal, lent to one thread of the app at a time."""
