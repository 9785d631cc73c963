"""The part of TensorFlow Serving's wire formats that gateway and model server share."""
