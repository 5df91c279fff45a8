"""The dashboard: the Textual application. Nothing is imported here, for a quick start."""
