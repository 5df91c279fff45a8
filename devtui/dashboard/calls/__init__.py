"""The calls of a request: a line and a bar for each, and one of them opened."""
