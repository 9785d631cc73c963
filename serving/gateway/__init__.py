"""The gateway: a Flask app between callers with pictures and a model server with tensors."""
