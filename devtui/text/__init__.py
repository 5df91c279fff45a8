"""Text for people: made safe, formatted, masked, cut into lines."""
