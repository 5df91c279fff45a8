"""The verbs of control: what each one answers, and what it does in the session."""
