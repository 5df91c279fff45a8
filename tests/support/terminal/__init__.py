"""The real program in a pseudo-terminal, and what its screen shows."""
