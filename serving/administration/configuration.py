"""The model server's configuration file: read, begun, replaced in one move."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration.errors import AdministrationError


def read(file: Path, models_dir: Path) -> pb.ModelServerConfig:
    """Read the configuration, or begin one with every model under a folder.

    Raises:
        AdministrationError: for a file that is no configuration, or a folder without models.
    """
    config = pb.ModelServerConfig()
    if file.is_file():
        try:
            return text_format.Parse(file.read_text(), config)
        except text_format.ParseError as error:
            raise AdministrationError(f"{file} is not a model configuration: {error}") from error
    for folder in sorted(models_dir.iterdir()) if models_dir.is_dir() else ():
        entry = pb.ModelConfig(name=folder.name, base_path=str(folder), model_platform="tensorflow")
        if folder.is_dir() and versions(entry):
            config.model_config_list.config.append(entry)
    if not config.model_config_list.config:
        raise AdministrationError(f"no models in {models_dir}; --models-dir or --config says where they are")
    return config


def write(config: pb.ModelServerConfig, file: Path) -> None:
    """Replace the configuration file in one move: the server may read it at any time."""
    replace(file, text_format.MessageToString(config).encode())


def replace(file: Path, content: bytes | None) -> None:
    """Give a file another content in one move; None removes it."""
    if content is None:
        file.unlink(missing_ok=True)
        return
    aside = file.with_name(f".{file.name}.new")
    aside.write_bytes(content)
    aside.replace(file)


def entry_of(config: pb.ModelServerConfig, name: str) -> pb.ModelConfig:
    """The part of the configuration that is about one model.

    Raises:
        AdministrationError: naming the models there are.
    """
    for entry in config.model_config_list.config:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in config.model_config_list.config)
    raise AdministrationError(f"no model {name} in the configuration; there are: {known}")


def versions(entry: pb.ModelConfig) -> dict[int, Path]:
    """The versions of a model on disk, and their folders."""
    base = Path(entry.base_path)
    folders = base.iterdir() if base.is_dir() else ()
    return {int(folder.name): folder for folder in folders if folder.name.isdigit() and folder.is_dir()}
