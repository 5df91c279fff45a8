"""Serve the app: accept connections, and answer their requests."""
