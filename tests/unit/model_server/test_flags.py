"""The command line of TensorFlow Serving."""

from __future__ import annotations

import pytest

from serving.model_server.__main__ import main
from serving.model_server.flags import FlagError, Flags, parse, usage


def test_both_ways_to_give_a_value_are_understood() -> None:
    flags, unknown = parse(["--port=1", "--rest_api_port", "2", "--model_name", "m"])
    assert (flags.port, flags.rest_api_port, flags.model_name, unknown) == (1, 2, "m", [])


def test_a_bare_boolean_flag_is_on_and_takes_no_value_from_the_next_argument() -> None:
    flags, unknown = parse(["--enable_batching", "extra", "--enable_model_warmup=false"])
    assert (flags.enable_batching, flags.enable_model_warmup, unknown) == (True, False, ["extra"])


def test_unknown_flags_and_stray_arguments_are_handed_back() -> None:
    assert parse(["--nope=1", "-x", "y"])[1] == ["--nope=1", "-x", "y"]


def test_flags_without_effect_here_are_accepted() -> None:
    assert parse(["--num_load_threads=4", "--flush_filesystem_caches=true"]) == (Flags(), [])


def test_flags_without_effect_here_are_named_once_each(caplog: pytest.LogCaptureFixture) -> None:
    given = ["--num_load_threads=4", "--tensorflow_session_config_file", "f", "--num_load_threads=5"]
    assert main([*given, "--model_base_path=relative"]) == 255
    assert caplog.messages == [
        "Without effect in the embedded server: --num_load_threads, --tensorflow_session_config_file"
    ]


@pytest.mark.parametrize(
    "argument",
    [
        "--use_alts_credentials",
        "--platform_config_file=p.config",
        "--enable_per_model_batching_parameters=true",
    ],
)
def test_a_flag_that_only_tensorflow_serving_can_honour_ends_the_start(
    argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = argument.partition("=")[0]
    assert main([argument, "--model_base_path=/m"]) == 255
    assert f"The embedded server has no {name}: " in capsys.readouterr().err
    assert parse([f"{name}=false"]) == (Flags(), [])


@pytest.mark.parametrize("argument", ["--port=two", "--enable_batching=maybe"])
def test_a_value_of_the_wrong_type_is_named(argument: str) -> None:
    name, _, value = argument.removeprefix("--").partition("=")
    with pytest.raises(FlagError, match=f"Couldn't interpret value {value} for flag {name}"):
        parse([argument])


def test_the_usage_names_every_flag_with_its_default_and_gives_examples() -> None:
    text = usage()
    assert all(f"--{name}=" in text for name in Flags.__dataclass_fields__)
    assert "\t--port=8500                      \tint32\t" in text
    assert "Examples:" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "model_base_path and server_options.model_config_file are empty"),
        (["--model_base_path=m"], "to have an absolute path or URI; got base_path()=m"),
        (["--model_base_path=/m", "--port=0"], "grpc_port or server_options.grpc_socket_path must be set"),
        (["--model_base_path=/m", "--batching_parameters_file=/b"], "enable_batching to true"),
        (["--model_base_path=/m", "--port=5", "--rest_api_port=5"], "cannot be the same"),
        (["--model_config_file=/nowhere/models.config"], "NOT_FOUND: /nowhere/models.config"),
        (["--model_base_path=gs://b/m"], "only local paths can be served"),
        (["--model_base_path=/m", "--ssl_config_file=/nowhere/tls"], "NOT_FOUND: /nowhere/tls"),
        (["--model_base_path=/m", "--ssl_config_file=/dev/null"], "server_key and server_cert must be set"),
    ],
)
def test_a_start_that_cannot_work_ends_with_status_255_and_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 255
    printed = capsys.readouterr().out
    assert printed.startswith("Failed to start server. Error: ")
    assert told in printed


def test_the_versions_are_printed_without_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("TensorFlow ModelServer: ")
