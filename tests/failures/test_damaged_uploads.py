"""Pictures that cannot be read: no reference to them survives their request."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.failures.callers import picture
from tests.failures.observed import complaints
from tests.faults import known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import running

SIZE = 3_000_000
MOST_GROWTH_MB = 60.0


def damaged_jpeg() -> bytes:
    """A photograph of 3 MB whose second half is missing, padded to its length."""
    noise = np.random.default_rng(1).integers(0, 256, (1_800, 1_800, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()[: SIZE // 4].ljust(SIZE, b"\xff")


@pytest.mark.slow
@pytest.mark.xdist_group("failures")
@pytest.mark.timeout(600)
def test_workers_keep_nothing_of_300_damaged_pictures(stand_in: StandIn, tmp_path: Path) -> None:
    settings = {"GATEWAY_MODELS": known_model.NAME, "GATEWAY_WORKERS": "2"}
    with running(tmp_path, f"127.0.0.1:{stand_in.port}", **settings) as gateway:
        sent = picture(damaged_jpeg())
        for _ in range(10):
            gateway.say(sent)
        before = gateway.memory_mb()
        answers = [gateway.say(sent) for _ in range(300)]
        assert gateway.memory_mb() - before < MOST_GROWTH_MB
        assert {(answer.status, answer.problem()["code"]) for answer in answers} == {
            (400, "unreadable_image")
        }
        assert complaints(gateway) == []
