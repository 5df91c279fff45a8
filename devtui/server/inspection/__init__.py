"""Inspection: answer questions about frames and threads."""
