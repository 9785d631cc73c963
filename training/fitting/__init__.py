"""Fitting a model: optimizer and schedule, training steps, weight averaging, checkpoints, the loop."""
