"""Benchmarks of the embedded model server: start, single calls, many clients, version swaps."""
