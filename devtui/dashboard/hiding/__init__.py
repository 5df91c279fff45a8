"""Hide rows of a kind, and show which are hidden."""
