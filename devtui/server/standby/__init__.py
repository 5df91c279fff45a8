"""The standby: a process that has imported what the next load needs."""
