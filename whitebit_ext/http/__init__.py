"""Requests and responses: pools, transports, deadlines, errors, rate limits."""
