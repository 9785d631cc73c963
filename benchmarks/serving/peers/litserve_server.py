"""LitServe with one worker per core, a ZeroMQ queue and dynamic batching (off with ``--max-batch-size 1``).

Follows https://lightning.ai/docs/litserve/features/batching and the notes on CPUs and ``fast_queue`` in the
documentation of ``LitServer``.
"""

from __future__ import annotations

import argparse
from typing import Any

import litserve  # type: ignore[import-not-found]
import numpy as np

from benchmarks.serving.peers.model import Model, decode_all, folder


class Classifier(litserve.LitAPI):
    """The API; a request has one or more pictures, and a batch has several requests."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - the framework passes it
        """Load the model in the worker."""
        self.model = Model(folder())

    def decode_request(self, request: dict[str, list[str]]) -> np.ndarray:
        """Decode the pictures of a request."""
        return decode_all(request["images"])

    def batch(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Return the requests unchanged; ``predict`` joins them, because their sizes may differ."""
        return inputs

    def predict(self, inputs: Any) -> Any:  # noqa: ANN401 - one array without batching, a list with it
        """Classify one request, or all requests of a batch in one call."""
        if isinstance(inputs, np.ndarray):
            return self.model(inputs)
        found = iter(self.model(np.concatenate(inputs)))
        return [[next(found) for _ in each] for each in inputs]

    def unbatch(self, output: list[Any]) -> list[Any]:
        """Return the output unchanged; it already has one entry per request."""
        return output

    def encode_response(self, output: list[Any]) -> dict[str, Any]:
        """Return the body of the answer."""
        return {"predictions": output}


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--max-batch-size", type=int, default=16)
    parser.add_argument("--batch-timeout", type=float, default=0.005)
    args = parser.parse_args()
    batching = {"batch_timeout": args.batch_timeout} if args.max_batch_size > 1 else {}
    server = litserve.LitServer(
        Classifier(max_batch_size=args.max_batch_size, **batching),
        accelerator="cpu",
        workers_per_device=args.workers,
        fast_queue=True,
    )
    server.run(
        host="127.0.0.1",
        port=args.port,
        num_api_servers=args.workers,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )


if __name__ == "__main__":
    main()
