"""Record the app's output line by line."""
