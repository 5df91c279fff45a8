"""The version, for the package and for `--version`."""

__version__ = "0.1.0"
