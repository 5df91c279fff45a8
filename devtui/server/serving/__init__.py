"""Serve the app: connections, requests, and the record of each."""
