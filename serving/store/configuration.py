"""The model server's configuration file: reads it, adds published models, and replaces it atomically.

A model that the file does not name is added with ``STANDBY``: the newest version answers, and the one before
it is loaded too. So a model server can start even if the newest version cannot be loaded.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator
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
    """Read the configuration, and update it from what is published.

    Published models that the file lacks are added. Models under ``models_dir`` without versions are dropped.
    The folder's own file may name the place from which the folder was moved or copied. Its published models
    are those of this folder, because a copy must never serve, or delete, versions of the original.

    Raises:
        StoreError: the file is not a configuration, or there is no model at all.
    """
    config = parse(file)
    if file.parent.resolve() == models_dir.resolve():
        _rebase(config, models_dir)
    config = _complete(config, models_dir)
    if not config.model_config_list.config:
        raise StoreError(
            f"no models in {models_dir}; name the folder with --models-dir, or the file with --config"
        )
    return config


def parse(file: Path) -> pb.ModelServerConfig:
    """Parse a configuration file; a missing file is an empty configuration.

    Raises:
        StoreError: the file is not a configuration.
    """
    config = pb.ModelServerConfig()
    if file.is_file():
        try:
            text_format.Parse(file.read_text(), config)
        except (text_format.ParseError, UnicodeDecodeError, OSError) as error:
            raise StoreError(f"{file} is not a model configuration: {error}") from error
    return config


def write(config: pb.ModelServerConfig, file: Path) -> None:
    """Replace the configuration file atomically, since the server may read it at any time.

    Raises:
        StoreError: the folder cannot be written.
    """
    replace(file, text_format.MessageToString(config).encode())


def replace(file: Path, content: bytes | None) -> None:
    """Replace a file's content atomically; None removes the file.

    Raises:
        StoreError: the folder cannot be written.
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
    """Hold the lock for changing the configuration.

    Args:
        models_dir: the folder of the models.
        wait: whether to wait until the lock is free.

    Yields:
        False if another process holds the lock and ``wait`` is off, or if the folder is read-only.
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
    """A model's entry in the configuration.

    Raises:
        StoreError: there is no such model; the message lists the models.
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
    """The versions on disk that the server loads under the configuration."""
    found = versions(entry)
    policy = entry.model_version_policy
    match policy.WhichOneof("policy_choice"):
        case "all":
            return set(found)
        case "specific":
            return set(found) & set(policy.specific.versions)
        case _:
            return set(found[-(policy.latest.num_versions or 1) :])


def serve(entry: pb.ModelConfig, numbers: Iterable[int]) -> None:
    """Change the configuration so that exactly these versions are loaded."""
    entry.model_version_policy.Clear()
    entry.model_version_policy.specific.versions.extend(sorted(set(numbers)))


def stable(entry: pb.ModelConfig) -> int | None:
    """The version for calls without a label: the one labelled stable, else the highest that is loaded."""
    return entry.version_labels.get(STABLE) or max(loaded(entry), default=None)


def names(config: pb.ModelServerConfig) -> list[str]:
    """The names of the models in a configuration."""
    return [entry.name for entry in config.model_config_list.config]


def _rebase(config: pb.ModelServerConfig, models_dir: Path) -> None:
    """Let every model that is published in a folder have its versions there."""
    published = set(layout.models(models_dir))
    for entry in config.model_config_list.config:
        if entry.name in published and Path(entry.base_path).name == entry.name:
            entry.base_path = str(models_dir / entry.name)


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
