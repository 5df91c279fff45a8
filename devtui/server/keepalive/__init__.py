"""Connections: keep them open, read strictly, and bound how long a client keeps us waiting."""
