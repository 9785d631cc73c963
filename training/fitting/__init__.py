"""Fitting a model: the schedule, the step, the running average of the weights, checkpoints, the loop."""
