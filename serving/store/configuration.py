"""The model server's configuration file: read, completed with what is published, replaced in one move.

A model that the file does not name is served by ``STANDBY``: the newest version answers, and the one before
it is loaded too. So a newest version that does not load cannot keep a model server from starting.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.store import layout
from serving.store.errors import StoreError

CONFIG_FILE = "models.config"
Config = pb.ModelServerConfig
STABLE, CANARY = "stable", "canary"
STANDBY = 2
_LOCK_FILE = ".models.config.lock"


def read(file: Path, models_dir: Path) -> pb.ModelServerConfig:
    """The configuration, brought up to what is published.

    A model published under a name that the file lacks is added; one under ``models_dir`` that has no version
    left is dropped.

    Raises:
        StoreError: for a file that is no configuration, or when there is no model at all.
    """
    config = _complete(parse(file), models_dir)
    if not config.model_config_list.config:
        raise StoreError(f"no models in {models_dir}; --models-dir or --config says where they are")
    return config


def parse(file: Path) -> pb.ModelServerConfig:
    """What a configuration file says; an empty configuration where there is no file.

    Raises:
        StoreError: for a file that is no configuration.
    """
    config = pb.ModelServerConfig()
    if file.is_file():
        try:
            text_format.Parse(file.read_text(), config)
        except (text_format.ParseError, UnicodeDecodeError, OSError) as error:
            raise StoreError(f"{file} is not a model configuration: {error}") from error
    return config


def write(config: pb.ModelServerConfig, file: Path) -> None:
    """Replace the configuration file in one move: the server may read it at any time.

    Raises:
        StoreError: when the folder cannot be written.
    """
    replace(file, text_format.MessageToString(config).encode())


def replace(file: Path, content: bytes | None) -> None:
    """Give a file another content in one move; None removes it.

    Raises:
        StoreError: when the folder cannot be written.
    """
    try:
        if content is None:
            file.unlink(missing_ok=True)
            return
        aside = file.with_name(f".{file.name}.new")
        aside.write_bytes(content)
        aside.replace(file)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error


@contextmanager
def locked(models_dir: Path, *, wait: bool = True) -> Iterator[bool]:
    """Keep others from changing the configuration meanwhile.

    Args:
        models_dir: the folder of the models.
        wait: whether to wait for another who holds it.

    Yields:
        False when another holds it and ``wait`` is off, or when the folder is read-only.
    """
    try:
        file = (models_dir / _LOCK_FILE).open("w")
    except OSError:
        yield False
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def entry_of(config: pb.ModelServerConfig, name: str) -> pb.ModelConfig:
    """The part of the configuration that is about one model.

    Raises:
        StoreError: naming the models there are.
    """
    for entry in config.model_config_list.config:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in config.model_config_list.config)
    raise StoreError(f"no model {name} in the configuration; there are: {known}")


def versions(entry: pb.ModelConfig) -> list[int]:
    """The versions of a model on disk, ascending."""
    return layout.versions(Path(entry.base_path))


def loaded(entry: pb.ModelConfig) -> set[int]:
    """The versions on disk that the configuration has the server load."""
    found = versions(entry)
    policy = entry.model_version_policy
    match policy.WhichOneof("policy_choice"):
        case "all":
            return set(found)
        case "specific":
            return set(found) & set(policy.specific.versions)
        case _:
            return set(found[-(policy.latest.num_versions or 1) :])


def stable(entry: pb.ModelConfig) -> int | None:
    """The version that calls are meant to get: the one labelled stable, else the highest that is loaded."""
    return entry.version_labels.get(STABLE) or max(loaded(entry), default=None)


def names(config: pb.ModelServerConfig) -> list[str]:
    """The models of a configuration."""
    return [entry.name for entry in config.model_config_list.config]


def _complete(config: pb.ModelServerConfig, models_dir: Path) -> pb.ModelServerConfig:
    whole = pb.ModelServerConfig()
    for entry in config.model_config_list.config:
        ours = Path(entry.base_path).parent == models_dir
        if not ours or versions(entry):
            whole.model_config_list.config.append(entry)
    for name in layout.models(models_dir):
        if name not in names(whole):
            new = whole.model_config_list.config.add(
                name=name, base_path=str(models_dir / name), model_platform="tensorflow"
            )
            new.model_version_policy.latest.num_versions = STANDBY
    return whole
