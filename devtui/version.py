"""The version, for the package and for `--version`."""

__version__ = "0.2.0.dev0"
