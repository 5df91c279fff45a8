"""The tests of devtui, and what they share in `support`."""
