"""From a trained model to a published version: the SavedModel, its extras, the proof, the rename."""
