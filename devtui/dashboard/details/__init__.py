"""An opened row."""
