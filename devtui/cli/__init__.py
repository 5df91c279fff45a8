"""The command line: commands, options, `devtui.run`, and `--who`."""
