"""A recorded request as a text for other programs."""
