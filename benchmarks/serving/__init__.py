"""Benchmark of this project beside its peers, with the same model, pictures and machine."""
