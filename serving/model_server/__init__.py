"""The embedded model server: the APIs and flags of TensorFlow Serving on the TensorFlow runtime.

Where TensorFlow Serving itself is not at hand, ``python -m serving.model_server`` stands in: the same flags,
the same gRPC and REST answers, the same life cycle of versions. How the parts hang together:

    server ─┬─ services (gRPC) ─┬─ predict, examples, metadata ── catalog ── model ── servable
            ├─ rest (HTTP) ─────┘     (what a request means)     (who answers)     (TensorFlow)
            └─ configuration, flags

``docs/model-server.md`` says when to use which server and lists where the two differ.
"""
