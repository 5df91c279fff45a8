"""Long lists: bounded data, of which only the lines in view are drawn."""
