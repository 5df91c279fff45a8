"""Ports: bind one, find the processes that hold one, and stop them."""
