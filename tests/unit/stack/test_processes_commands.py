"""What ``python -m serving`` gives its two processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.gateway.settings.settings import Settings
from serving.model_server import flags
from serving.model_server.monitoring import DEFAULT_PATH, read_path
from serving.stack import commands
from serving.stack.options import parse


def environment(**environ: str) -> dict[str, str]:
    """The gateway's environment, from that of somebody who starts the stack."""
    return commands.gateway_environment(
        environ, parse([]), model_server="127.0.0.1:8500", names=["mnist"], notice=""
    )


def test_the_model_server_shows_its_metrics() -> None:
    command = commands.model_server_command(None, config=Path("models.config"), grpc_port=1, rest_port=2)
    read, unknown = flags.parse(command[3:])
    assert unknown == []
    assert read_path(read.monitoring_config_file) == DEFAULT_PATH


@pytest.mark.parametrize("yes", ["true", "1", "ON"])
def test_who_asks_for_a_line_a_request_gets_them(yes: str) -> None:
    settings = Settings.from_env(environment(GATEWAY_ACCESS_LOG=yes))
    assert (settings.access_log, settings.log_level) == (True, "info")


def test_a_terminal_is_quiet_until_asked_and_a_level_of_ones_own_counts() -> None:
    settings = Settings.from_env(environment())
    assert (settings.access_log, settings.log_level) == (False, "warning")
    asked = Settings.from_env(environment(GATEWAY_ACCESS_LOG="true", GATEWAY_LOG_LEVEL="error"))
    assert asked.log_level == "error"
