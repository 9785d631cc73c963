"""The models inside the gateway's own workers, for one machine without a model server.

Requests then need no second process. Each worker loads every model, so this suits a few workers. With more
workers or machines, a model server saves memory. Only this package imports both the gateway and TensorFlow.
"""
