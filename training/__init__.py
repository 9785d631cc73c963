"""The training job: data set to gated, published SavedModel version."""
