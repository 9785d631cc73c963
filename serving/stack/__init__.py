"""One machine: a model server and the gateway, started together and stopped together."""
