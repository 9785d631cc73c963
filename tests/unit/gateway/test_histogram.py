"""Many observations at once count as the same ones would one by one."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from serving.gateway.telemetry.instruments import Histogram


@pytest.mark.parametrize("amounts", [[], [0.2], [0.0, 0.1, 0.1, 0.25, 0.5, 0.75, 9.0, 9.0]])
def test_observed_together_they_count_as_one_by_one(amounts: list[float]) -> None:
    def shown(*, together: bool) -> dict[str, float]:
        registry = CollectorRegistry()
        metric = Histogram("seconds", "Time.", ["of"], buckets=(0.1, 0.5, 1.0), registry=registry)
        child = metric.labels("a")
        if together:
            child.observe_all(amounts)
        else:
            for each in amounts:
                child.observe(each)
        samples = [sample for each in registry.collect() for sample in each.samples]
        return {
            sample.name + sample.labels.get("le", ""): sample.value
            for sample in samples
            if not sample.name.endswith("_created")
        }

    assert shown(together=True) == shown(together=False)
