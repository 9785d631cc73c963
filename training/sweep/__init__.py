"""The laboratory: many small trainings, sharded over machines, merged into one report."""
