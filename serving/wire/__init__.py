"""The slice of the wire format of TensorFlow Serving that the gateway speaks."""
