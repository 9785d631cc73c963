"""What the training job promises, measured: accuracy, time to a target, doubt, and being killed."""
