"""What callers can ask: one module per group of routes, each a Flask blueprint."""
