"""The hooks of the libraries, one module per library."""
