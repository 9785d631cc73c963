"""A request of many large pictures: it ends with its deadline, and is never held in memory as a whole."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import overload

import pytest

from serving.errors import ModelTimeout
from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import Pictures
from serving.gateway.inference.batching import Batcher
from serving.gateway.inference.classification import Classification, Classifier, ConsistentPredictor
from serving.gateway.inference.preparation import Preparation
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.protocols.uploads import Upload
from serving.gateway.server import bridge
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry.stages import Stages
from serving.gateway.threads import Threads
from serving.images import Limits
from tests.hostile.pictures import drawing, encoded
from tests.unit.gateway.fakes import FakePredictor

COUNT = 40


class Uploads(Sequence[Upload]):
    """One upload many times over, which counts how often it was taken and may wait before it is."""

    def __init__(self, upload: Upload, seconds: float = 0.0) -> None:
        self._upload, self._seconds = upload, seconds
        self.taken = 0

    def __len__(self) -> int:
        return COUNT

    @overload
    def __getitem__(self, index: int) -> Upload: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Upload]: ...
    def __getitem__(self, index: int | slice) -> Upload | Sequence[Upload]:
        self.taken += 1
        time.sleep(self._seconds)
        return [self._upload] * COUNT if isinstance(index, slice) else self._upload

    def __iter__(self) -> Iterator[Upload]:
        for _ in range(COUNT):
            self.taken += 1
            time.sleep(self._seconds)
            yield self._upload


def classify(uploads: Uploads, seconds: float) -> Classification:
    """Classify them with a model in memory, by a deadline ``seconds`` from now."""
    predictor = FakePredictor()

    async def send(ref: ModelRef, pictures: Pictures, context: CallContext) -> Reply:
        return await predictor.predict(ref, "serving_default", {"images": pictures}, context)

    batcher = Batcher(send, Settings(max_batch=64, max_waiting=512))
    consistent = ConsistentPredictor(VersionRegistry(predictor, ("digits",)), batcher, COUNT)
    classifier = Classifier(consistent, Preparation(Limits(), Threads(1)))
    context = CallContext(Deadline.after(seconds), ("id",), "")
    return bridge.wait_for(classifier.classify(ModelRef("digits"), uploads, "auto", context, Stages()))


def photograph(side: int = 700) -> Upload:
    """A picture at the size at which pictures are worked on."""
    return Upload("a.png", encoded(drawing("RGB", side, side), "PNG"))


def test_pictures_are_no_longer_decoded_once_the_deadline_has_passed() -> None:
    uploads = Uploads(photograph(30), seconds=0.05)
    with pytest.raises(ModelTimeout):
        classify(uploads, 0.5)
    assert 0 < uploads.taken < COUNT


def test_pictures_are_not_all_held_decoded_at_a_time() -> None:
    uploads = Uploads(photograph())
    tracemalloc.start()
    try:
        answer = classify(uploads, 600)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(answer.results) == COUNT
    assert peak < 40_000_000  # each is half a million pixels and more
