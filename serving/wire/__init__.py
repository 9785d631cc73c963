"""The slice of TensorFlow Serving's wire format that the gateway speaks: messages, tensors, methods."""
