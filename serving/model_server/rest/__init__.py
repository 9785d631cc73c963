"""The HTTP side: TensorFlow Serving's REST API, its dialect of JSON included."""
