"""Exchanges: record each request with its response, as the app sees them."""
