"""The physical limit on this machine: each part of the work alone, in one process, with nothing around it."""
