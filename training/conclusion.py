"""What happens to a fitted model: doubt, evaluation, export, proof, gate, publication."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES
from training import doubt, gate
from training.config import TrainConfig
from training.datasets import Dataset
from training.doubt import Doubt
from training.evaluation import data_remarks, metrics, report
from training.evidence import Evidence
from training.export import cards, publication, published, serving_version, version
from training.export.staging import Staging, staging
from training.fitting.loop import Fitted
from training.jobs import Job
from training.outcome import Outcome
from training.predict import ForwardPass
from training.progress import Reporter
from training.synthetic import Uploads


@dataclass(frozen=True)
class HeldOut:
    """Pictures and answers that doubt is fitted on, besides the validation part.

    Attributes:
        uploads: uploads made of validation data; None if the recipe has none.
        evidence: the evidence of cross-validation; None if there is a validation part.
    """

    uploads: Uploads | None
    evidence: Evidence | None


@dataclass(frozen=True)
class Trained:
    """A model fitted by a job.

    Attributes:
        job: the training job.
        data: its data set.
        model: the model with the weights that were kept.
        fitted: the result of fitting.
    """

    job: Job
    data: Dataset
    model: keras.Sequential
    fitted: Fitted

    def outcome(
        self, number: int | None, figures: Mapping[str, Any], reasons: tuple[str, ...] = ()
    ) -> Outcome:
        """Build the outcome of the job.

        Args:
            number: the published version; None if nothing was published.
            figures: the figures on the test set.
            reasons: why the gate refused the model.
        """
        return Outcome.published(
            self.job.folder,
            number,
            accuracy=figures["accuracy"],
            parameters=self.model.count_params(),
            epochs=len(self.fitted.history),
            seconds=self.fitted.seconds,
            run=self.job.run_folder.path,
            refusals=reasons,
        )


def conclude(trained: Trained, held_out: HeldOut, reporter: Reporter, check: Callable[[], None]) -> Outcome:
    """Evaluate a fitted model and publish it, if this process is the chief.

    Any other worker has done its part, and only reports its accuracy.

    Args:
        trained: the model.
        held_out: what doubt is fitted on besides the validation part.
        reporter: gets a line for each stage.
        check: called where the job may be interrupted; raises ``Interrupted`` to end it.
    """
    job, data = trained.job, trained.data
    if not job.worker.is_chief:
        return trained.outcome(None, {"accuracy": _accuracy(trained)})
    known = doubt.fit(
        trained.model, data, job.config.recipe(), job.config.seed, held_out.uploads, held_out.evidence
    )
    check()
    return _judge_and_publish(trained, known, reporter)


def _accuracy(trained: Trained) -> float:
    model, test, classes = trained.model, trained.data.test, len(trained.data.labels)
    answers = ForwardPass(lambda images: model(images, training=False)[:, :classes])(test.images)
    return float(np.mean(answers.argmax(axis=1) == test.labels))


def _judge_and_publish(trained: Trained, known: Doubt, reporter: Reporter) -> Outcome:
    """Export to a staging folder, evaluate the export in a fresh process, publish it if the gate allows."""
    job, data, config = trained.job, trained.data, trained.job.config
    predict = _predict(known)
    answers, _ = predict(data.test.images)
    figures = metrics.figures(answers, data.test.labels, data.labels)
    serves = serving_version.find(job.folder, config.models_config)
    compared = published.compare(job.folder, data, known.thresholds, predict, serves)
    for text in data_remarks.wide_interval(figures):
        reporter.line(f"note: {text}")
    card = cards.card(config, data, trained.fitted, known, figures, job.run_folder.identity, compared)
    written = report.Report(job.run_folder, config, data, trained.fitted, known, answers, card)
    written.write()
    with staging(job.folder) as staged:
        reporter.line("exporting, and loading the export again in a fresh process")
        version.write(known.servable, card, config.published_name, data.test, staged.path)
        proven = version.prove(staged.path, card, data.test, answers).probabilities
        judged = metrics.figures(proven, data.test.labels, data.labels)
        reasons = gate.refusals(judged, _rules(config), compared)
        number = None if reasons else _publish(staged, job, judged["accuracy"], data)
    written.write(report.Verdict.of(config.published_name, number, reasons))
    return trained.outcome(number, figures, reasons)


def _predict(known: Doubt) -> published.Predict:
    def output(name: str) -> ForwardPass:
        return ForwardPass(lambda images: known.servable.predict(images)[name])

    probabilities, scores = output(OUTPUT_PROBABILITIES), output(OUTPUT_OOD_SCORE)
    return lambda images: (probabilities(images), scores(images))


def _rules(config: TrainConfig) -> gate.Rules:
    return gate.Rules(
        config.required_accuracy,
        config.gate,
        config.min_class_recall,
        config.max_calibration_error,
        config.max_drop,
        config.allow_regression,
        config.allow_other_data,
    )


def _publish(staged: Staging, job: Job, accuracy: float, data: Dataset) -> int:
    number = staged.publish(job.run_folder.identity, accuracy, published.test_sha256(data))
    if job.config.keep is not None:
        publication.prune(job.folder, job.config.keep, job.config.models_config)
    return number
