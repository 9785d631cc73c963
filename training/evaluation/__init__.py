"""Evaluation of a model: figures, plots and the report."""
