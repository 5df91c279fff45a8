"""Serving: connections, requests, and what is recorded of them."""
