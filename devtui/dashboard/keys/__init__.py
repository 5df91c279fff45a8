"""The commands, and the keys that they have."""
