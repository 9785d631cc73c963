"""Benchmarks of the training job: accuracy, time to a target accuracy, doubt, and resilience to kills."""
