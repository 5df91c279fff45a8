"""devtui: a terminal dashboard for developing Python web applications."""

__version__ = "0.1.0"
