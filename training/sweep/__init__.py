"""The sweep: many small trainings, sharded over machines and merged into one report."""
