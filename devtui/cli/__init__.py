"""The command line: its commands and options, `devtui.run`, and `--who`."""
