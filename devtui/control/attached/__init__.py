"""Dashboards in other terminals: the events and facts that the session sends them."""
