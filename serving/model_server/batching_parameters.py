"""The batching parameters file: how large batches are, how long they wait, and how many can wait."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format

from serving.model_server.schemas import BatchingParameters
from serving.model_server.status import invalid_argument, not_found


@dataclass(frozen=True)
class Parameters:
    """The values of a batching parameters file, with TensorFlow Serving's defaults.

    Attributes:
        max_batch_size: rows in a batch.
        timeout: seconds that a batch waits for more requests.
        max_enqueued_batches: batches of one queue that can wait for a thread.
        threads: batches that run at the same time.
        allowed_sizes: sizes that batches are padded to; empty for any size.
        splits: whether a request larger than a batch is split instead of refused.
    """

    max_batch_size: int = 1000
    timeout: float = 0.0
    max_enqueued_batches: int = 10
    threads: int = 2
    allowed_sizes: tuple[int, ...] = ()
    splits: bool = False


def read(file: str, cores: int) -> Parameters:
    """Read a batching parameters file; without a path, return the defaults.

    Raises:
        StatusError: NOT_FOUND, there is no such file; INVALID_ARGUMENT, its values do not fit together.
    """
    config = BatchingParameters()
    if file:
        try:
            text_format.Parse(Path(file).read_text(), config)
        except OSError as error:
            raise not_found(f"{file}; {error.strerror}") from error
        except text_format.ParseError as error:
            raise invalid_argument(f"Invalid protobuf file: '{file}'") from error

    def value(name: str, default: int) -> int:
        return int(getattr(config, name).value) if config.HasField(name) else default

    sizes = tuple(config.allowed_batch_sizes)
    parameters = Parameters(
        max_batch_size=value("max_batch_size", 1000),
        timeout=value("batch_timeout_micros", 0) / 1e6,
        max_enqueued_batches=value("max_enqueued_batches", 10),
        threads=value("num_batch_threads", cores),
        allowed_sizes=sizes,
        splits=config.enable_large_batch_splitting.value,
    )
    if list(sizes) != sorted(set(sizes)):
        raise invalid_argument("allowed_batch_sizes entries must be monotonically increasing")
    if sizes and sizes[-1] != parameters.max_batch_size:
        raise invalid_argument("final entry in allowed_batch_sizes must equal max_batch_size")
    if parameters.max_batch_size < 1 or parameters.threads < 1 or parameters.max_enqueued_batches < 1:
        raise invalid_argument("max_batch_size, num_batch_threads and max_enqueued_batches must be positive")
    return parameters
