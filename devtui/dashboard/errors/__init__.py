"""An opened error: frames, local variables, evaluation."""
