"""Profiled requests: have one profiled, keep what came of it, and lay it out."""
