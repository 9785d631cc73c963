"""The routes: one module per group, each with a Flask blueprint."""
