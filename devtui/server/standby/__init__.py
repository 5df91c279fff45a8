"""Prepare the standby: a process that imports ahead what the next load needs."""
