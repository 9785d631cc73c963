"""The embedded model server: the APIs and flags of TensorFlow Serving on the TensorFlow runtime."""
