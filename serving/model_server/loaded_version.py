"""One version of a model: its state, and the requests that run on it."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass, field
from pathlib import Path

from serving.model_server.servable import Servable
from serving.model_server.status import StatusError


class VersionState(enum.IntEnum):
    """The states of a version, numbered as in ``ModelVersionStatus``."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass
class Readers:
    """Requests that began between two takeovers."""

    count: int = 0


@dataclass
class LoadedVersion:
    """A version and its state.

    Attributes:
        attempted: whether it was loaded or tried since it was last wanted. A failed version is not tried
            again before that.
        tried: whether loading it has failed at least once.
        active: number of requests running on it.
    """

    number: int
    path: Path
    state: VersionState = VersionState.START
    error: StatusError | None = None
    servable: Servable | None = None
    attempted: bool = False
    tried: bool = False
    active: int = 0
    readers: Readers = field(default_factory=Readers)
    unwanted: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Retries:
    """How often a failed load is retried, and after how many seconds."""

    most: int = 5
    wait: float = 60.0
