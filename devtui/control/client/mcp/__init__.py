"""The verbs as an MCP server on stdio: a small bridge to the control socket."""
