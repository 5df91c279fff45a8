"""Settings: what decides them, and which files may."""
