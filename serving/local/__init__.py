"""The models inside the gateway's own workers: one machine without a model server.

A request then crosses no second process. Each worker loads every model, so this suits a few workers; past
them, or past one machine, a model server shares the memory. Only this package has both the gateway and
TensorFlow.
"""
