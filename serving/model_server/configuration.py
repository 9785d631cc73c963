"""Which models to serve: reads and checks a ``ModelServerConfig`` in protobuf text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.model_server.status import invalid_argument, not_found

PLATFORM = "tensorflow"


@dataclass(frozen=True)
class Policy:
    """Which of the versions on disk to serve: the ``latest`` few, the ``specific`` ones, or all."""

    latest: int | None = 1
    specific: frozenset[int] | None = None

    def choose(self, found: Mapping[int, Path]) -> dict[int, Path]:
        """The versions to serve, with their folders."""
        if self.specific is not None:
            return {number: path for number, path in found.items() if number in self.specific}
        newest_first = sorted(found, reverse=True)
        return {number: found[number] for number in newest_first[: self.latest]}


@dataclass(frozen=True)
class ModelConfig:
    """One model: where its versions are, which of them to serve, and their labels."""

    name: str
    base_path: Path
    policy: Policy = Policy()
    labels: Mapping[str, int] = field(default_factory=dict)


def single(name: str, base_path: str) -> pb.ModelServerConfig:
    """The configuration for ``--model_name`` and ``--model_base_path``."""
    config = pb.ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=base_path, model_platform=PLATFORM)
    return config


def read(file: Path) -> pb.ModelServerConfig:
    """Read a configuration file.

    Raises:
        StatusError: NOT_FOUND, there is no such file; INVALID_ARGUMENT, it is empty or not a configuration.
    """
    try:
        text = file.read_text()
    except OSError as error:
        raise not_found(f"{file}; {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise invalid_argument(f"Invalid protobuf file: '{file}'") from error
    if not text:
        raise invalid_argument(f"{file}; Invalid argument")
    try:
        return text_format.Parse(text, pb.ModelServerConfig())
    except text_format.ParseError as error:
        reason = f"Error parsing text-format tensorflow.serving.ModelServerConfig: {error}"
        raise invalid_argument(f"Invalid protobuf file: '{file}'") from ValueError(reason)


def check(config: pb.ModelServerConfig, known: frozenset[str]) -> tuple[ModelConfig, ...]:
    """Check a configuration and convert it.

    Args:
        config: from a file or a reload request.
        known: names of the models that have been served so far.

    Raises:
        StatusError: INVALID_ARGUMENT, saying what is wrong.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise invalid_argument(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported"
        )
    models = config.model_config_list.config
    seen: set[str] = set()
    for model in models:
        if model.name in seen:
            raise invalid_argument(f"Illegal to list model {model.name} multiple times in config list")
        seen.add(model.name)
        _check_platform(model, model.name in known)
    return tuple(_plain(model) for model in models)


def _check_platform(model: pb.ModelConfig, known: bool) -> None:
    if not model.model_platform and model.model_type == pb.MODEL_TYPE_UNSPECIFIED:
        raise invalid_argument(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    platform = model.model_platform or pb.ModelType.Name(model.model_type).lower()
    if platform == PLATFORM:
        return
    if known:
        raise invalid_argument(
            f"Illegal to change a model's platform. For model {model.name} platform was {PLATFORM} "
            f"and new platform requested is {platform}"
        )
    raise invalid_argument(f"Model {model.name} requests unsupported platform {platform}")


def _plain(model: pb.ModelConfig) -> ModelConfig:
    path = model.base_path
    if not path.startswith("/"):
        if "://" in path:
            raise invalid_argument(
                f"Model {model.name}: only local paths can be served; got base_path()={path}"
            )
        raise invalid_argument(
            f"Expected model {model.name} to have an absolute path or URI; got base_path()={path}"
        )
    return ModelConfig(model.name, Path(path), _policy(model), dict(model.version_labels))


def _policy(model: pb.ModelConfig) -> Policy:
    choice = model.model_version_policy
    match choice.WhichOneof("policy_choice"):
        case "all":
            return Policy(latest=None)
        case "specific":
            return Policy(latest=None, specific=frozenset(choice.specific.versions))
        case "latest":
            return Policy(latest=choice.latest.num_versions or 1)
        case _:
            return Policy()
