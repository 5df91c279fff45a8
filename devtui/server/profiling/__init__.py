"""Find out where the time of one request goes, if the session asks for it."""
