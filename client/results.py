"""What the client returns, typed and immutable. In a notebook, a result shows itself with its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from client.errors import ClientError

OK = "ok"
UNCERTAIN = "uncertain"


class Candidate(NamedTuple):
    """A label with its probability (0..1)."""

    label: str
    class_id: int
    probability: float


@dataclass(frozen=True, slots=True)
class SeenInput:
    """What the model saw: a 28x28 grey PNG, white on black, and the preparation steps that produced it."""

    png: bytes
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one picture.

    Attributes:
        name: the file's path, or the name of the caller's object.
        label: the most probable label.
        class_id: index of the label.
        probability: probability of the label, 0..1.
        status: ``ok``, ``uncertain`` or ``out_of_distribution``.
        model: name of the model that answered.
        version: its version.
        top: the most probable labels, best first.
        probabilities: label -> probability for all labels, if requested.
        input: what the model saw, if requested.
        warnings: sentences about what is unusual in the picture.
        source: what the caller passed.
    """

    name: str
    label: str
    class_id: int
    probability: float
    status: str
    model: str
    version: int | None
    top: tuple[Candidate, ...] = ()
    probabilities: Mapping[str, float] | None = None
    input: SeenInput | None = None
    warnings: tuple[str, ...] = ()
    source: Any = field(default=None, repr=False, compare=False)

    def _repr_html_(self) -> str:
        from client.notebook import prediction_html

        return prediction_html(self)


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture without an answer. ``error.code`` and ``error.detail`` give the reason."""

    name: str
    error: ClientError
    source: Any = field(default=None, repr=False, compare=False)

    def _repr_html_(self) -> str:
        from client.notebook import failure_html

        return failure_html(self)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a picture, such as a digit.

    Attributes:
        label: the most probable label.
        class_id: index of the label.
        probability: probability of the label, 0..1.
        status: ``ok``, ``uncertain`` or ``out_of_distribution``.
        box: left, top, width and height in pixels of the upright picture.
        input: what the model saw, if requested.
    """

    label: str
    class_id: int
    probability: float
    status: str
    box: tuple[int, int, int, int]
    input: SeenInput | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of marks, from left to right."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The text on one picture.

    Attributes:
        name: the file's path, or the name of the caller's object.
        text: the lines, joined by line feeds.
        status: the worst status that matters.
        lines: from top to bottom.
        model: name of the model that answered.
        version: its version.
        warnings: sentences about what is unusual in the picture.
        source: what the caller passed.
    """

    name: str
    text: str
    status: str
    lines: tuple[Line, ...]
    model: str
    version: int | None
    warnings: tuple[str, ...] = ()
    source: Any = field(default=None, repr=False, compare=False)

    @property
    def marks(self) -> list[Mark]:
        """The marks of all lines."""
        return [mark for line in self.lines for mark in line.marks]

    def _repr_html_(self) -> str:
        from client.notebook import reading_html

        return reading_html(self)


@dataclass(frozen=True, slots=True)
class Correction:
    """A picture that the service keeps with its right label.

    Attributes:
        name: the file's path, or the name of the caller's object.
        label: the right label.
        id: identifies the picture by its content.
        new: False if the service already had the picture.
        source: what the caller passed.
    """

    name: str
    label: str
    id: str
    new: bool
    source: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A served model.

    Attributes:
        name: as in the URL.
        ready: whether a version answers.
        versions: numbers, or objects with ``version`` and ``state``, as the service lists them.
        labels: the class names in the order of ``class_id``.
        card: the model card: data set, metrics, thresholds, training facts.
    """

    name: str
    ready: bool
    versions: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)


Result: TypeAlias = Prediction | Failure
Outcome: TypeAlias = Prediction | Reading | Correction | Failure
