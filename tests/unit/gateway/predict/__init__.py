"""Tests of ``:predict``: any tensors, as TensorFlow Serving takes and gives them."""
