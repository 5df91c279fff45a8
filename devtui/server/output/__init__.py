"""What the app writes, line by line."""
