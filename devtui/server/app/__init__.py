"""Find and import the application by Flask's rules."""
