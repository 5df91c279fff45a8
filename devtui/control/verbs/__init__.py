"""The verbs of control: what each one does in the session, and answers."""
