"""Send requests again from the dashboard."""
