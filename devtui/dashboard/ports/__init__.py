"""The port screen."""
