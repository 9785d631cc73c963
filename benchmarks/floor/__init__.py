"""The physical limit of a machine: each part of the work alone, in one process."""
