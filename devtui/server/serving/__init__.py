"""Serve the app: take connections in, and answer their requests."""
