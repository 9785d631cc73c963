"""A training job from start to end: data, uploads, fitting, and the conclusion (``training.conclusion``)."""

from __future__ import annotations

from dataclasses import replace

import keras

from training import cross_validation, datasets, distribution, models, precision, runtime, synthetic, transfer
from training.conclusion import HeldOut, Trained, conclude
from training.config import TrainConfig
from training.datasets import Dataset
from training.evidence import Evidence
from training.fitting.loop import Fit, Fitted
from training.jobs import Job, open_job
from training.outcome import Outcome
from training.preemption import Preemption
from training.progress import Reporter


def run(
    config: TrainConfig,
    reporter: Reporter | None = None,
    job: Job | None = None,
    data: Dataset | None = None,
) -> Outcome:
    """Train a model and publish it, or continue the run in ``config.run_dir``.

    Args:
        config: the job's configuration.
        reporter: gets the progress; None prints it.
        job: the opened job; None opens it.
        data: the data set, if it has been read already.

    Returns:
        The outcome: published, or refused with every reason.

    Raises:
        TrainingError: if something failed; nothing is published then.
    """
    if data is None and datasets.is_path(config.dataset):
        data = _open(config)
        config = replace(config, traits=data.traits)
    reporter, job = reporter or Reporter(), job or open_job(config)
    if job.earlier is not None:
        reporter.line(f"{job.run_folder.path} has already ended; nothing to do")
        return job.earlier
    with job.run_folder.held():
        outcome = _train(config, job, reporter, data)
        job.run_folder.finish(outcome.to_dict())
    return outcome


def _train(config: TrainConfig, job: Job, reporter: Reporter, data: Dataset | None) -> Outcome:
    if (ended := job.run_folder.outcome()) is not None:  # by another job, since this one was opened
        return Outcome.from_dict(ended)
    with reporter, Preemption() as preemption:
        strategy, chosen = distribution.strategy(job.worker), precision.chosen(config.recipe().mixed)
        runtime.seed(config.seed, config.deterministic)
        data = _load(config, reporter, data)
        made = _draw(config, data, reporter)
        preemption.check()
        evidence = _cross_validate(job, data, reporter, preemption)
        with strategy.scope(), precision.computing_in(chosen):
            model = _build(job, data, reporter)
            fitted = _fit(job, replace(data, train=made.train), model, reporter, preemption)
        if strategy.num_replicas_in_sync > 1 or chosen != precision.FULL:
            model = _on_this_machine(model, config, data)
        trained = Trained(job, data, model, fitted)
        return conclude(trained, HeldOut(made.held_out, evidence), reporter, preemption.check)


def _open(config: TrainConfig) -> Dataset:
    return datasets.open_dataset(config.dataset, config.data_dir, config.asked, config.corrections)


def _load(config: TrainConfig, reporter: Reporter, read: Dataset | None) -> Dataset:
    """Read the data set, unless it has been read already, and check that training can start with it."""
    data = read or _open(config)
    reporter.line(
        f"{data.name} from {data.source}: {len(data.train):,} training, {len(data.validation):,} validation, "
        f"{len(data.test):,} test pictures"
    )
    if config.start_from is not None:
        transfer.check(config.start_from, config.architecture, data.recipe)
    return data


def _draw(config: TrainConfig, data: Dataset, reporter: Reporter) -> synthetic.Made:
    """Draw the uploads and strangers that the recipe asks for."""
    recipe = config.recipe()
    if recipe.uploads or recipe.strangers:
        reporter.line(f"drawing {recipe.uploads:,} uploads and {recipe.strangers:,} strangers")
    other = datasets.other(data.kind, config.data_dir, seed=config.seed) if recipe.strangers else None
    return synthetic.beside(data, other, recipe, config.seed)


def _cross_validate(job: Job, data: Dataset, reporter: Reporter, preemption: Preemption) -> Evidence | None:
    """Cross-validate if the data set has too few pictures for a validation part; else return None."""
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
    """Copy the model into full precision and into variables that are readable without the other replicas."""
    weights = model.get_weights()
    single = models.build(config.model, config.options, _logits(config, data))
    single.set_weights(weights)
    return single


def _logits(config: TrainConfig, data: Dataset) -> int:
    """Return the number of logits: one per class, and one for strangers if the recipe has any."""
    return len(data.labels) + bool(config.recipe().strangers)
