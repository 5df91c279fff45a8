"""Connections that stay open: read heads strictly, bound bodies, keep idle clients."""
