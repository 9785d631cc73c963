"""The whole chain: train, publish, serve, classify."""
