"""What ``python -m serving`` prints, and what it says about wrong options."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.stack import servables
from serving.stack.options import parse
from serving.stack.ports import require_free
from serving.stack.processes import StackError


@pytest.mark.parametrize("into", [">/dev/full", "| true", ">&-"])
def test_nothing_ends_because_a_message_cannot_be_written(into: str) -> None:
    program = (
        "import sys, time; from serving.saying import say; time.sleep(0.5); "
        "say('one', to=sys.stdout); say('two', to=sys.stdout)"
    )
    command = f'set -o pipefail; "$0" -c "$1" {into}'
    ended = subprocess.run(
        ["bash", "-c", command, sys.executable, program], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0
    assert "Error" not in ended.stderr


@pytest.mark.parametrize("seconds", ["nan", "-1", "0", "inf", "soon"])
def test_a_time_limit_that_is_none_is_wrong_use(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([f"--ready-timeout={seconds}"], {})
    assert ended.value.code == 2
    assert "is not a number of seconds above 0" in capsys.readouterr().err


def test_an_address_of_another_machine_is_no_fault_of_the_port() -> None:
    with pytest.raises(StackError, match="choose another --host"):
        require_free("192.0.2.1", 18080)


@pytest.mark.parametrize("content", [b"\xff all ready\n", None])
def test_a_notice_that_cannot_be_read_stops_nothing(content: bytes | None, tmp_path: Path) -> None:
    notice = tmp_path / servables.NOTICE_FILE
    if content is None:
        os.symlink(notice, notice)  # an endless link
    else:
        notice.write_bytes(content)
    assert servables.notice(tmp_path) in ("", "\ufffd all ready")
