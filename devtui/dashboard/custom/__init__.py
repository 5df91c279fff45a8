"""The user's own commands: lines for the shell, on a key."""
