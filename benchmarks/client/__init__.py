"""Benchmark of the client: images per second beside wrk, processor time, memory, time to the first byte."""
