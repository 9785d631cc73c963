"""TensorFlow Serving's REST API, including its dialect of JSON."""
