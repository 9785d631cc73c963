"""The folder of published models: its versions, their ledger, the configuration, and the servers that use it.

Training, ``python -m serving`` and ``python -m serving models`` share this package. It needs neither
TensorFlow nor the gateway.
"""
