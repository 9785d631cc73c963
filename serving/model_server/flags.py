"""The command line: TensorFlow Serving's flags, parsed as TensorFlow Serving parses them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T", bool, int, str)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _flag(default: _T, explanation: str) -> _T:
    return dataclasses.field(default=default, metadata={"help": explanation})


@dataclasses.dataclass(frozen=True)
class Flags:
    """Every flag with its default; the field's name is the flag's."""

    port: int = _flag(8500, "TCP port for gRPC; 0 switches it off.")
    grpc_socket_path: str = _flag("", "Also serve gRPC on this UNIX socket.")
    rest_api_port: int = _flag(0, "TCP port for HTTP; 0 switches it off.")
    rest_api_num_threads: int = _flag(4 * CORES, "Threads that work on HTTP requests.")
    rest_api_timeout_in_ms: int = _flag(30000, "After this long an HTTP request is answered with 504.")
    rest_api_enable_cors_support: bool = _flag(False, "Send CORS headers.")
    enable_cors_support: bool = _flag(False, "The same as --rest_api_enable_cors_support.")
    enable_batching: bool = _flag(False, "Run requests of one version and signature together.")
    batching_parameters_file: str = _flag("", "BatchingParameters as protobuf text; needs --enable_batching.")
    allow_version_labels_for_unavailable_models: bool = _flag(
        False, "Let a new label name a version that is not loaded yet."
    )
    model_config_file: str = _flag("", "ModelServerConfig as text; goes before --model_name.")
    model_config_file_poll_wait_seconds: int = _flag(0, "Read that file again after so long; 0: never.")
    model_name: str = _flag("default", "Name of the one model.")
    model_base_path: str = _flag("", "Absolute path of the folder with the one model's versions.")
    max_num_load_retries: int = _flag(5, "How often a failed load is tried again.")
    load_retry_interval_micros: int = _flag(60_000_000, "Wait between two tries; negative: none.")
    file_system_poll_wait_seconds: int = _flag(1, "Look for new versions after so long; 0: only once.")
    tensorflow_session_parallelism: int = _flag(0, "Sets both of the next two; 0: neither.")
    tensorflow_intra_op_parallelism: int = _flag(0, "Threads within one operation; 0: one.")
    tensorflow_inter_op_parallelism: int = _flag(0, "Operations that run at once; 0: one a core.")
    saved_model_tags: str = _flag("serve", "Comma separated tags of the graph to load.")
    grpc_channel_arguments: str = _flag("", "Comma separated key=value arguments of the gRPC server.")
    grpc_max_threads: int = _flag(4 * CORES, "gRPC requests worked on at once; more wait.")
    enable_model_warmup: bool = _flag(True, "Replay a version's warm-up requests before traffic.")
    num_request_iterations_for_warmup: int = _flag(0, "How often each warm-up request is run; 0: once.")
    version: bool = _flag(False, "Print the versions and end.")
    ssl_config_file: str = _flag("", "SSLConfig as protobuf text, for gRPC over TLS; HTTP stays plain.")
    monitoring_config_file: str = _flag("", "MonitoringConfig as protobuf text, for Prometheus.")
    enable_signature_method_name_check: bool = _flag(
        False, "Let Classify and Regress use only signatures whose method name says so."
    )
    enable_grpc_healthcheck_service: bool = _flag(False, "Serve grpc.health.v1.Health.")
    enable_serialization_as_tensor_content: bool = _flag(False, "Pack Predict's outputs into tensor_content.")
    listen_address: str = _flag("0.0.0.0", "Address that both ports listen on (our own).")
    drain_seconds: int = _flag(30, "On SIGTERM, how long running requests may take (our own).")


# Accepted without effect: what they tune does not exist here, or needs no tuning.
_IGNORED = (
    "num_load_threads", "num_unload_threads", "flush_filesystem_caches", "per_process_gpu_memory_fraction",
    "remove_unused_fields_from_bundle_metagraph", "xla_cpu_compilation_enabled",
    "xla_gpu_compilation_enabled",
    "enable_profiler", "skip_initialize_tpu", "prefer_tflite_model", "num_tflite_pools",
    "num_tflite_interpreters_per_pool", "mixed_precision", "thread_pool_factory_config_file",
    "tensorflow_session_config_file",
)  # fmt: skip
# Ignoring these would make the server do something else than it was asked to.
_REFUSED = {
    "use_alts_credentials": "use --ssl_config_file for an encrypted connection",
    "platform_config_file": "it serves TensorFlow SavedModels only",
    "enable_per_model_batching_parameters": "it batches all models by --batching_parameters_file",
}
_FIELDS = {field.name: field for field in dataclasses.fields(Flags)}
_OFF = ("", "false", "0")
_SWITCHES = {"true": True, "1": True, "false": False, "0": False}


class FlagError(ValueError):
    """A value of the wrong type, or a flag that this server cannot honour."""


def parse(arguments: Sequence[str]) -> tuple[Flags, list[str]]:
    """Read ``--flag=value`` and ``--flag value``; a bare ``--flag`` sets a boolean.

    Returns:
        The flags, and the unknown arguments.

    Raises:
        FlagError: a value has the wrong type, or only TensorFlow Serving has the flag.
    """
    values: dict[str, bool | int | str] = {}
    unknown: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name, given, text = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or name not in {*_FIELDS, *_IGNORED, *_REFUSED}:
            unknown.append(argument)
            continue
        boolean = name in _FIELDS and isinstance(_FIELDS[name].default, bool)
        if not given and not boolean and rest and not rest[0].startswith("--"):
            text = rest.pop(0)
        elif not given:
            text = "true"
        if name in _REFUSED and text.lower() not in _OFF:
            raise FlagError(f"The embedded server has no --{name}: {_REFUSED[name]}.")
        if name in _FIELDS:
            values[name] = _value(name, text)
    return Flags(**values), unknown  # type: ignore[arg-type]


def without_effect(arguments: Sequence[str]) -> list[str]:
    """The arguments that are accepted but have no effect here."""
    names = (argument.removeprefix("--").partition("=")[0] for argument in arguments)
    return sorted({f"--{name}" for name in names if name in _IGNORED})


def _value(name: str, text: str) -> bool | int | str:
    default = _FIELDS[name].default
    try:
        if isinstance(default, bool):
            return _SWITCHES[text.lower()]
        return int(text) if isinstance(default, int) else text
    except (KeyError, ValueError) as error:
        raise FlagError(f"Couldn't interpret value {text} for flag {name}.") from error


def usage() -> str:
    """The help text: all flags with type, default and effect, and two examples."""
    lines = ["usage: tensorflow_model_server", "Flags:"]
    kinds = {bool: "bool", int: "int32", str: "string"}
    for field in _FIELDS.values():
        default = {bool: str(field.default).lower(), str: f'"{field.default}"'}.get(
            type(field.default), str(field.default)
        )
        shown = f"--{field.name}={default}"
        lines.append(f"\t{shown:33}\t{kinds[type(field.default)]}\t{field.metadata['help']}")
    lines += [
        "Examples:",
        "\tpython -m serving.model_server --model_name=mnist --model_base_path=$PWD/models/mnist",
        "\tpython -m serving.model_server --model_config_file=models.config --rest_api_port=8501",
    ]
    return "\n".join(lines) + "\n"
