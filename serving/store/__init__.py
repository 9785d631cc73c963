"""The folder of published models: its versions, their ledger, what may serve, and the server that runs on it.

Training, ``python -m serving`` and ``python -m serving models`` share this package. It needs neither
TensorFlow nor the gateway.
"""
