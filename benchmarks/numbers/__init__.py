"""Benchmark of reading whole numbers, on real pictures and on synthetic pages of MNIST's digits."""
