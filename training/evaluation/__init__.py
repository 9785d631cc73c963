"""Judging a model: figures, plots, the report."""
