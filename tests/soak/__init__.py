"""Mixed load for long, with versions that swap and servers that die: ``python -m tests.soak --help``."""
