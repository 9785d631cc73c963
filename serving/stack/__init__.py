"""Serving on one machine: a model server and the gateway, started and stopped together."""
