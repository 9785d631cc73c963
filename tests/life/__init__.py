"""The life of versions, as a model-based test against the embedded model server."""
