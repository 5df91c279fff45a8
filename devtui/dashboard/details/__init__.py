"""An opened row: a request with its timeline, an entry of the log, a reload."""
