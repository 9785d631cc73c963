"""The training job: from a data set to a SavedModel version that passed the gate and is published."""
