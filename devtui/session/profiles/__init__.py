"""Profiled requests: profile one, keep the profile, and arrange it for people and tools."""
