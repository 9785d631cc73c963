"""BentoML with one worker per core and adaptive batching.

Follows https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html and
https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html.
"""

from __future__ import annotations

import bentoml  # type: ignore[import-not-found]

from benchmarks.serving.peers.model import Answer, Model, decode_all, folder


@bentoml.service(workers=2, traffic={"timeout": 30}, logging={"access": {"enabled": False}})
class Classifier:
    """The service; BentoML joins the lists of several requests and splits the answers."""

    def __init__(self) -> None:
        self.model = Model(folder())

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000, route="/predict")
    def predict(self, images: list[str]) -> list[Answer]:
        """Classify base64 picture files."""
        return self.model(decode_all(images))
