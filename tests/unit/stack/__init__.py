"""``python -m serving``: the commands and environments of its processes."""
