"""The training job's parts, each on its own."""
