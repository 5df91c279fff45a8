"""The application: find it and import it, by Flask's rules."""
