"""Ray Serve with one replica per core, dynamic batching, and its documentation's throughput settings.

Follows https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html and the section on high
throughput (HAProxy ingress, ``RAY_SERVE_THROUGHPUT_OPTIMIZED``), which ``systems.py`` switches on.
"""

from __future__ import annotations

import argparse
import signal
from typing import Any

import numpy as np
import ray  # type: ignore[import-not-found]
from ray import serve
from starlette.requests import Request  # type: ignore[import-not-found]


@serve.deployment(num_replicas=2, max_ongoing_requests=256, ray_actor_options={"num_cpus": 1})
class Classifier:
    """The deployment; it takes a picture file, or JSON with several."""

    def __init__(self) -> None:
        # Import TensorFlow in the replicas only, so that the process that starts them need not wait for it.
        from benchmarks.serving.peers import model

        self.decode, self.decode_all = model.decode, model.decode_all
        self.model = model.Model(model.folder())

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.0)
    async def classify(self, inputs: list[np.ndarray]) -> list[list[Any]]:
        """Classify the requests of a batch in one call."""
        found = iter(self.model(np.concatenate(inputs)))
        return [[next(found) for _ in each] for each in inputs]

    async def __call__(self, request: Request) -> dict[str, Any]:
        """Answer one request."""
        if request.headers.get("content-type", "").startswith("image/"):
            images = self.decode(await request.body())[None]
        else:
            images = self.decode_all((await request.json())["images"])
        return {"predictions": await self.classify(images)}


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, configure_logging=False)
    serve.start(http_options={"host": "127.0.0.1", "port": port}, logging_config={"enable_access_log": False})
    serve.run(Classifier.bind(), route_prefix="/")  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        serve.shutdown()
        ray.shutdown()


if __name__ == "__main__":
    main()
