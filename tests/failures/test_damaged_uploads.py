"""Pictures that cannot be read: no reference to them survives their request."""

from __future__ import annotations

import asyncio
import io
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.failures.callers import Answer, ask, picture
from tests.failures.observed import complaints
from tests.faults import known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway, running

SIZE = 3_000_000
MOST_GROWTH_MB = 60.0


def damaged_jpeg() -> bytes:
    """A photograph of 3 MB whose second half is missing, padded to its length."""
    noise = np.random.default_rng(1).integers(0, 256, (1_800, 1_800, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()[: SIZE // 4].ljust(SIZE, b"\xff")


async def _send(gateway: Gateway, body: bytes, count: int) -> list[Answer]:
    sent = picture(body, known_model.NAME)
    return [await ask(gateway.port, sent) for _ in range(count)]


@pytest.mark.slow
@pytest.mark.xdist_group("failures")
@pytest.mark.timeout(600)
def test_workers_keep_nothing_of_300_damaged_pictures(stand_in: StandIn, tmp_path: Path) -> None:
    settings = {"GATEWAY_MODELS": known_model.NAME, "GATEWAY_WORKERS": "2"}
    with running(tmp_path, f"127.0.0.1:{stand_in.port}", **settings) as gateway:
        body = damaged_jpeg()
        asyncio.run(_send(gateway, body, 10))
        before = gateway.memory_mb()
        answers = asyncio.run(_send(gateway, body, 300))
        grown = gateway.memory_mb() - before
        assert {answer.status for answer in answers} == {400}
        assert {answer.problem()["code"] for answer in islice(answers, 3)} == {"unreadable_image"}
        assert grown < MOST_GROWTH_MB
        assert complaints(gateway) == []
