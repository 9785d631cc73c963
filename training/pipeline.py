"""One training job from top to bottom: data, fit, doubt, evaluation, export, proof, gate, publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from serving.contract import OUTPUT_OOD_SCORE, OUTPUT_PROBABILITIES
from training import (
    cross_validation,
    datasets,
    distribution,
    doubt,
    gate,
    models,
    precision,
    runtime,
    synthetic,
    transfer,
)
from training.config import TrainConfig
from training.datasets import Dataset
from training.doubt import Doubt
from training.evaluation import data_remarks, metrics, report
from training.export import cards, publication, published, version
from training.fitting.loop import Fit, Fitted
from training.jobs import Job, open_job
from training.outcome import Outcome
from training.predict import ForwardPass
from training.preemption import Preemption
from training.progress import Reporter


@dataclass(frozen=True)
class _Apart:
    """What doubt is fitted on beside the validation part.

    Attributes:
        uploads: made of validation data; None where the recipe has none.
        evidence: of cross-validation; None where there is a validation part.
    """

    uploads: synthetic.Uploads | None
    evidence: doubt.Evidence | None


def run(
    config: TrainConfig,
    reporter: Reporter | None = None,
    job: Job | None = None,
    data: Dataset | None = None,
) -> Outcome:
    """Train, prove and publish; or continue the run in ``config.run_dir``.

    Args:
        config: what to do.
        reporter: told how it goes; None prints.
        job: its folders where they are open already.
        data: the data set where it has been read already.

    Returns:
        The outcome: published, or refused with every reason.

    Raises:
        TrainingError: saying what went wrong; nothing is published then.
    """
    if data is None and datasets.is_path(config.dataset):
        data = _open(config)
        config = replace(config, traits=data.traits)
    reporter, job = reporter or Reporter(), job or open_job(config)
    if job.earlier is not None:
        reporter.line(f"{job.run_folder.path} has ended already; nothing to do")
        return job.earlier
    with reporter, Preemption() as preemption:
        strategy, chosen = distribution.strategy(job.worker), precision.chosen(config.recipe().mixed)
        runtime.seed(config.seed, config.deterministic)
        data = _load(config, reporter, data)
        if config.start_from is not None:
            transfer.check(config.start_from, config.architecture, data.recipe)
        made = _draw(config, data, reporter)
        preemption.check()
        evidence = _cross_validate(job, data, reporter, preemption)
        with strategy.scope(), precision.computing_in(chosen):
            model = _build(job, data, reporter)
            fitted = _fit(job, replace(data, train=made.train), model, reporter, preemption)
        if strategy.num_replicas_in_sync > 1 or chosen != precision.FULL:
            model = _on_this_machine(model, config, data)
        outcome = _conclude(job, data, _Apart(made.held_out, evidence), model, fitted, reporter, preemption)
    job.run_folder.finish(outcome.to_dict())
    return outcome


def _open(config: TrainConfig) -> Dataset:
    return datasets.open_dataset(config.dataset, config.data_dir, config.asked, config.corrections)


def _load(config: TrainConfig, reporter: Reporter, read: Dataset | None) -> Dataset:
    data = read or _open(config)
    reporter.line(
        f"{data.name} from {data.source}: {len(data.train):,} pictures to train on, "
        f"{len(data.validation):,} to validate, {len(data.test):,} to test"
    )
    return data


def _draw(config: TrainConfig, data: Dataset, reporter: Reporter) -> synthetic.Made:
    """What is trained on and doubted with beside the data set, where the recipe asks for it."""
    recipe = config.recipe()
    if recipe.uploads or recipe.strangers:
        reporter.line(f"drawing {recipe.uploads:,} uploads and {recipe.strangers:,} strangers")
    other = datasets.other(data.kind, config.data_dir, seed=config.seed) if recipe.strangers else None
    return synthetic.beside(data, other, recipe, config.seed)


def _cross_validate(
    job: Job, data: Dataset, reporter: Reporter, preemption: Preemption
) -> doubt.Evidence | None:
    """Of a data set that can spare no pictures for validation; None of any other."""
    if not data.folds:
        return None
    return cross_validation.evidence(
        job.config,
        data,
        lambda: _new_model(job.config, data),
        job.run_folder,
        lambda: preemption.asked,
        reporter,
    )


def _build(job: Job, data: Dataset, reporter: Reporter) -> keras.Sequential:
    model = _new_model(job.config, data)
    table = models.summary(model)
    job.run_folder.write_text("model.txt", table + "\n")
    reporter.line(table)
    return model


def _new_model(config: TrainConfig, data: Dataset) -> keras.Sequential:
    model = models.build(config.model, config.options, _logits(config, data))
    if config.start_from is not None:
        transfer.take_over(model, config.start_from)
    return model


def _fit(
    job: Job, data: Dataset, model: keras.Sequential, reporter: Reporter, preemption: Preemption
) -> Fitted:
    return Fit(
        model,
        data,
        job.config.recipe(),
        seed=job.config.seed,
        path=job.run_folder.checkpoint,
        reporter=reporter,
        interrupted=lambda: preemption.asked,
    ).run()


def _on_this_machine(model: keras.Sequential, config: TrainConfig, data: Dataset) -> keras.Sequential:
    """The same model in full precision, with variables that can be read without the other replicas."""
    weights = model.get_weights()
    single = models.build(config.model, config.options, _logits(config, data))
    single.set_weights(weights)
    return single


def _logits(config: TrainConfig, data: Dataset) -> int:
    """One for each class, and one for strangers where the recipe has any."""
    return len(data.labels) + bool(config.recipe().strangers)


def _conclude(
    job: Job,
    data: Dataset,
    apart: _Apart,
    model: keras.Sequential,
    fitted: Fitted,
    reporter: Reporter,
    preemption: Preemption,
) -> Outcome:
    """What the chief does with a fitted model; any other worker has done its part."""
    if not job.worker.is_chief:
        classes = len(data.labels)
        answers = ForwardPass(lambda images: model(images, training=False)[:, :classes])(data.test.images)
        right = answers.argmax(axis=1)
        figures = {"accuracy": float(np.mean(right == data.test.labels))}
        return _outcome(job, None, figures, model, fitted)
    known = doubt.fit(model, data, job.config.recipe(), job.config.seed, apart.uploads, apart.evidence)
    preemption.check()
    return _judge_and_publish(job, data, model, fitted, known, reporter)


def _judge_and_publish(
    job: Job, data: Dataset, model: keras.Sequential, fitted: Fitted, known: Doubt, reporter: Reporter
) -> Outcome:
    """Export aside, judge what lies there in a fresh process, publish it if the gate lets it."""
    predict = _predict(known)
    answers, _ = predict(data.test.images)
    figures = metrics.figures(answers, data.test.labels, data.labels)
    serves = published.stable_version(job.folder, job.config.models_config)
    compared = published.compare(job.folder, data, known.thresholds, predict, serves)
    for text in data_remarks.wide_interval(figures):
        reporter.line(f"note: {text}")
    card = cards.card(job.config, data, fitted, known, figures, job.run_folder.identity, compared)
    written = report.Report(job.run_folder, job.config, data, fitted, known, answers, card)
    written.write()
    with publication.staging(job.folder) as staged:
        reporter.line("exporting, and loading the export again in a fresh process")
        version.write(known.servable, card, job.config.published_name, data.test, staged.path)
        proven = version.prove(staged.path, card, data.test, answers).probabilities
        judged = metrics.figures(proven, data.test.labels, data.labels)
        reasons = gate.refusals(judged, _rules(job.config), compared)
        number = None if reasons else _publish(staged, job, judged["accuracy"], data)
    written.write(report.Verdict.of(job.config.published_name, number, reasons))
    return _outcome(job, number, figures, model, fitted, reasons)


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


def _publish(staged: publication.Staging, job: Job, accuracy: float, data: Dataset) -> int:
    number = staged.publish(job.run_folder.identity, accuracy, published.test_sha256(data))
    if job.config.keep is not None:
        publication.prune(job.folder, job.config.keep, job.config.models_config)
    return number


def _outcome(
    job: Job,
    number: int | None,
    figures: Mapping[str, Any],
    model: keras.Model,
    fitted: Fitted,
    reasons: tuple[str, ...] = (),
) -> Outcome:
    return Outcome.published(
        job.folder,
        number,
        accuracy=figures["accuracy"],
        parameters=model.count_params(),
        epochs=len(fitted.history),
        seconds=fitted.seconds,
        run=job.run_folder.path,
        refusals=reasons,
    )
