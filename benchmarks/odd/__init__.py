"""Benchmark with odd pictures, by kind: sheets, boxes, colours, damaged files, two digits."""
