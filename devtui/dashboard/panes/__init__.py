"""The four panes and their rows."""
