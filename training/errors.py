"""What can end a training command early, as one tree; each class knows the exit status of the process.

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

A gate that refuses is no error but an outcome; its exit status is 3 (``EXIT_REFUSED``).
"""

from __future__ import annotations

from typing import ClassVar

EXIT_PUBLISHED = 0
EXIT_REFUSED = 3


class TrainingError(Exception):
    """The root. The message is one sentence for the person at the terminal: what is wrong and what to do."""

    exit_code: ClassVar[int] = 1


class BadArgument(TrainingError):
    """An argument that cannot be meant; found before anything heavy is imported."""

    exit_code = 2


class BadDataset(BadArgument):
    """Somebody's own pictures that no model can be trained on as they are; found before training."""


class DatasetError(TrainingError):
    """The data cannot be had or cannot be trusted."""


class DatasetUnavailable(DatasetError):
    """The data set is in none of the places looked at; the message names them all."""


class CorruptDataset(DatasetError):
    """A file that is not what it claims to be; the message names file, expected and found."""


class DrawingFailed(TrainingError):
    """A process that draws synthetic uploads died."""


class RunFolderError(TrainingError):
    """The folder of a run cannot be written or belongs to another run."""


class FittingFailed(TrainingError):
    """Training itself went wrong: a loss that is not a number, layers that do not fit."""


class PublicationError(TrainingError):
    """The models folder cannot take a new version."""


class ReplayFailed(PublicationError):
    """The exported model, loaded again, does not answer as the trained one did."""


class Interrupted(TrainingError):
    """SIGTERM arrived; the state is saved and the same command continues it."""

    exit_code = 143
