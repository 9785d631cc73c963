"""Benchmark with real uploads: accuracy by kind, by style, and with each preprocessing step skipped."""
