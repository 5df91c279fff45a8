"""The client of the control socket: `devtui ctl`. It starts fast, so it imports little."""
