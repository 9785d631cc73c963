"""The embedded model server: the APIs and flags of TensorFlow Serving on the TensorFlow runtime.

``python -m serving.model_server`` replaces TensorFlow Serving where that is not installed. It has the same
flags, the same gRPC and REST answers, and the same life cycle of versions. Its parts:

    server ─┬─ services (gRPC) ─┬─ predict, examples, metadata ── catalog ── model ── servable
            ├─ rest (HTTP) ─────┘     (what a request means)     (who answers)     (TensorFlow)
            └─ configuration, flags

``docs/model-server.md`` explains when to use which server, and lists the differences.
"""
