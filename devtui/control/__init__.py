"""Control: scripts and agents do over a Unix socket what a person does with keys."""
