"""What ``python -m serving`` gives its two processes."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from serving.gateway.settings.settings import Settings
from serving.model_server import flags
from serving.model_server.monitoring import DEFAULT_PATH, read_path
from serving.stack import commands
from serving.stack.options import parse
from serving.stack.processes import Child


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


def test_host_and_port_come_from_the_environment_unless_given() -> None:
    environ = {"GATEWAY_HOST": "[::1]", "GATEWAY_PORT": "81"}
    assert (parse([], environ).host, parse([], environ).port) == ("::1", 81)
    given = parse(["--host", "0.0.0.0", "--port", "82"], environ)
    assert (given.host, given.port) == ("0.0.0.0", 82)
    assert (parse([], {}).host, parse([], {}).port) == ("127.0.0.1", 8080)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "1" * 5000])
def test_a_port_that_is_none_is_refused_wherever_it_comes_from(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([], {"GATEWAY_PORT": port})
    assert ended.value.code == 2
    assert "is not a port (1 to 65535)" in capsys.readouterr().err


def test_a_child_outlives_a_thread_that_started_it() -> None:
    children: list[Child] = []
    command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    thread = threading.Thread(target=lambda: children.append(Child("sleeper", command, os.environ)))
    thread.start()
    thread.join()
    (child,) = children
    try:
        time.sleep(0.5)  # a signal would have come with the thread's end
        assert child.exit_status() is None
    finally:
        child.stop(grace=5)
