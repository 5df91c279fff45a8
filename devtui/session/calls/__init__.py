"""The calls of requests: grouped, counted over all requests, and as statements to copy."""
