"""The tests: they mirror the packages, ordered by cost."""
