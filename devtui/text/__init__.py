"""Prepare text for people: make it safe, format it, mask secrets, assemble lines."""
