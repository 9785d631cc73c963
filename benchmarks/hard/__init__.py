"""Benchmarks with hard versions of MNIST's test pictures, and with photographs of 12 megapixels."""
