"""Profile single requests, if the session asks for it."""
