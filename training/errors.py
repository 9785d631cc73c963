"""The errors that end a training command, as one tree, each with the exit status of the process.

    TrainingError              1
    ├── BadArgument            2
    │   └── BadDataset         2
    ├── DatasetError           1
    │   ├── DatasetUnavailable 1
    │   └── CorruptDataset     1
    ├── DrawingFailed          1
    ├── RunFolderError         1
    ├── FittingFailed          1
    ├── PublicationError       1
    │   └── ReplayFailed       1
    └── Interrupted            143

A refusal by the gate is an outcome, not an error; its exit status is 3 (``EXIT_REFUSED``).
"""

from __future__ import annotations

from typing import ClassVar

EXIT_PUBLISHED = 0
EXIT_REFUSED = 3


class TrainingError(Exception):
    """The root of the tree. The message tells the user in one sentence what is wrong and what to do."""

    exit_code: ClassVar[int] = 1


class BadArgument(TrainingError):
    """An invalid argument, found before anything heavy is imported."""

    exit_code = 2


class BadDataset(BadArgument):
    """Own pictures that no model can be trained on as they are, found before training."""


class DatasetError(TrainingError):
    """The data is missing or corrupt."""


class DatasetUnavailable(DatasetError):
    """The data set was not found and could not be downloaded; the message lists every place searched."""


class CorruptDataset(DatasetError):
    """A file with wrong content; the message names the file, what was expected and what was found."""


class DrawingFailed(TrainingError):
    """A process that was drawing synthetic uploads died."""


class RunFolderError(TrainingError):
    """The run folder cannot be written, or belongs to a different run."""


class FittingFailed(TrainingError):
    """Training failed: the loss is not a number, the layers do not fit, or the memory is too small."""


class PublicationError(TrainingError):
    """A version cannot be written to the models folder, or old versions cannot be removed from it."""


class ReplayFailed(PublicationError):
    """A version cannot be loaded or checked, or does not answer as the trained model did."""


class Interrupted(TrainingError):
    """SIGTERM arrived. The state is saved; the same command continues the run."""

    exit_code = 143
