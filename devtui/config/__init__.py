"""Settings, and the files and variables that decide them."""
