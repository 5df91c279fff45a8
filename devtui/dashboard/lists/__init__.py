"""Long lists of bounded data; only the lines in view are drawn."""
