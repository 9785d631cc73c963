"""One training job from top to bottom: data, fit, doubt, evaluation, export, proof, gate, publication."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from serving.contract import OUTPUT_PROBABILITIES
from training import datasets, doubt, gate, models, runtime
from training.augmentation import augmenter
from training.config import TrainConfig
from training.datasets import Dataset
from training.doubt import Doubt
from training.evaluation import metrics, report
from training.export import cards, publication, published, version
from training.fitting.loop import Fit, Fitted
from training.outcome import Outcome
from training.predict import Forward
from training.preemption import Preemption
from training.progress import Reporter
from training.runs import RunFolder, open_run


def run(config: TrainConfig, reporter: Reporter | None = None) -> Outcome:
    """Train, prove and publish; or continue the run in ``config.run_dir``.

    Returns:
        What it came to: published, or refused with every reason.

    Raises:
        TrainingError: saying what went wrong; nothing is published then.
    """
    reporter = reporter or Reporter()
    folder = publication.check_writable(config.models_dir, config.published_name)
    home = open_run(config)
    if (earlier := _earlier(home, folder)) is not None:
        reporter.line(f"{home.path} has ended already; nothing to do")
        return earlier
    with reporter, Preemption() as preemption:
        runtime.seed(config.seed, config.deterministic)
        data = _load(config, reporter)
        model = _build(config, data, home, reporter)
        fitted = Fit(
            model,
            data,
            config.recipe(),
            seed=config.seed,
            path=home.checkpoint,
            reporter=reporter,
            interrupted=lambda: preemption.asked,
        ).run()
        known = doubt.fit(model, data, augmenter(data.name, config.recipe().augmentation), config.seed)
        preemption.check()
        outcome = _judge_and_publish(config, data, model, fitted, known, home, folder)
    home.finish(outcome.to_dict())
    return outcome


def _load(config: TrainConfig, reporter: Reporter) -> Dataset:
    data = datasets.load(
        config.dataset, config.data_dir, validation_split=config.validation_split, seed=config.seed
    )
    reporter.line(
        f"{data.name} from {data.source}: {len(data.train):,} pictures to train on, "
        f"{len(data.validation):,} to validate, {len(data.test):,} to test"
    )
    return data


def _build(config: TrainConfig, data: Dataset, home: RunFolder, reporter: Reporter) -> keras.Sequential:
    model = models.build(config.model, config.options, len(data.labels))
    table = models.summary(model)
    home.write_text("model.txt", table + "\n")
    reporter.line(table)
    return model


def _judge_and_publish(
    config: TrainConfig,
    data: Dataset,
    model: keras.Sequential,
    fitted: Fitted,
    known: Doubt,
    home: RunFolder,
    folder: Path,
) -> Outcome:
    """Export aside, judge what lies there in a fresh process, publish it if the gate lets it."""
    answers = Forward(lambda images: known.servable.predict(images)[OUTPUT_PROBABILITIES])(data.test.images)
    figures = metrics.figures(answers, data.test.labels, data.labels)
    card = cards.card(config, data, fitted, known, figures, home.identity)
    report.write(home, config, data, fitted, known, answers, card)
    with publication.staging(folder) as staged:
        version.write(known.servable, card, config.published_name, data.test, staged.path)
        proven = version.prove(staged.path, card, data.test, answers).probabilities
        reasons = _ask_the_gate(config, data, proven, folder)
        number = None if reasons else staged.publish()
    return _outcome(
        folder,
        home,
        number,
        figures,
        model.count_params(),
        len(fitted.history),
        fitted.seconds,
        reasons,
    )


def _ask_the_gate(
    config: TrainConfig, data: Dataset, proven: NDArray[np.float32], folder: Path
) -> tuple[str, ...]:
    rules = gate.Rules(
        config.required_accuracy, config.gate, config.min_class_recall, config.max_calibration_error
    )
    figures = metrics.figures(proven, data.test.labels, data.labels)
    rival = None if config.allow_regression else published.rival(folder, data)
    return gate.refusals(figures, rules, proven.argmax(axis=1) == data.test.labels, rival)


def _earlier(home: RunFolder, folder: Path) -> Outcome | None:
    """What this run came to before, told by its own folder or by a version that names it."""
    if (ended := home.outcome()) is not None:
        return Outcome.from_dict(ended)
    found = published.version_of_run(folder, home.identity)
    if found is None:
        return None
    number, card = found
    facts = card.training
    outcome = _outcome(
        folder, home, number, card.metrics, facts["parameters"], facts["epochs"], facts["seconds"]
    )
    home.finish(outcome.to_dict())
    return outcome


def _outcome(
    folder: Path,
    home: RunFolder,
    number: int | None,
    figures: Mapping[str, Any],
    parameters: int,
    epochs: int,
    seconds: float,
    reasons: tuple[str, ...] = (),
) -> Outcome:
    return Outcome(
        name=folder.name,
        version=number,
        path=None if number is None else folder / str(number),
        test_accuracy=figures["accuracy"],
        parameters=parameters,
        epochs=epochs,
        training_seconds=round(seconds, 3),
        run=home.path,
        refusals=reasons,
    )
