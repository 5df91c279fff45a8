"""Control: over a Unix socket, scripts and agents do what a person does with keys."""
