"""The metrics page."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.model_server.monitoring import DEFAULT_PATH, ServerMetrics, read_path
from serving.model_server.status import Code, StatusError

FILES = Path(__file__).resolve().parents[3] / "serving" / "tensorflow_serving"


def test_requests_are_counted_by_outcome_and_timed_when_they_succeed() -> None:
    metrics = ServerMetrics()
    with metrics.request("m", "Predict", "GRPC"):
        pass
    with pytest.raises(StatusError), metrics.request("m", "Predict", "GRPC"):
        raise StatusError(Code.NOT_FOUND, "gone")
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.page())
        for sample in family.samples
    }
    # The parser gives counters the ending that OpenMetrics asks for.
    counted = ":tensorflow:serving:request_count_total"
    assert found[counted, (("model_name", "m"), ("status", "OK"))] == 1
    assert found[counted, (("model_name", "m"), ("status", "NOT_FOUND"))] == 1
    labels = (("API", "Predict"), ("entrypoint", "GRPC"), ("model_name", "m"))
    assert found[":tensorflow:serving:request_latency_count", labels] == 1


def test_the_production_monitoring_file_switches_the_page_on() -> None:
    assert read_path(str(FILES / "monitoring.config")) == DEFAULT_PATH
    assert read_path("") is None


def test_a_file_that_is_no_monitoring_configuration_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "monitoring.config"
    file.write_text("nonsense {")
    with pytest.raises(StatusError, match="Invalid protobuf file"):
        read_path(str(file))
