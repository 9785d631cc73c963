"""The metrics page."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.model_server.backend import Backend
from serving.model_server.catalog import Catalog
from serving.model_server.examples import Inference
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


def test_names_that_callers_make_up_share_one_counter() -> None:
    class Models:
        """A catalogue of one model."""

        def model(self, name: str) -> object | None:
            """The model, if it is that one."""
            return self if name == "known" else None

    backend = Backend(cast(Catalog, Models()), cast(Inference, None), ServerMetrics())
    for name in ("known", *(f"made up {number}" for number in range(100))):
        with backend.counted(name, "Predict", "GRPC"):
            pass
    page = backend.metrics.page()
    assert page.count("request_count{") == 2
    assert "made up" not in page


def test_every_name_is_one_label_on_the_page() -> None:
    metrics, name = ServerMetrics(), 'a"} 1\nevil{b="\\'
    with metrics.request(name, "Predict", "GRPC"):
        pass
    families = list(text_string_to_metric_families(metrics.page()))
    assert {sample.labels["model_name"] for family in families for sample in family.samples} == {name}


def test_the_production_monitoring_file_switches_the_page_on() -> None:
    assert read_path(str(FILES / "monitoring.config")) == DEFAULT_PATH
    assert read_path("") is None


def test_a_file_that_is_no_monitoring_configuration_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "monitoring.config"
    file.write_text("nonsense {")
    with pytest.raises(StatusError, match="Invalid protobuf file"):
        read_path(str(file))
