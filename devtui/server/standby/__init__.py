"""The warm standby: import ahead what the next load needs."""
