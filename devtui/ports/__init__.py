"""The port: bind it, see who holds it, and stop them."""
