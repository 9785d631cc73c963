"""The file that says where a one-machine server listens: there while it lives, and believed only then."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from serving.store import running
from serving.store.running import Running

SERVER = Running("127.0.0.1:8500", "http://localhost:8080")
ANNOUNCE = """
import sys
from pathlib import Path
from serving.store.running import Running, announced
with announced(Path(sys.argv[1]), Running("127.0.0.1:1", "http://localhost:1")):
    print("announced", flush=True)
    sys.stdin.read()
"""


def test_a_server_is_found_while_it_runs_and_not_after(tmp_path: Path) -> None:
    with running.announced(tmp_path, SERVER) as written:
        assert written
        assert running.find(tmp_path) == [SERVER]
    assert running.find(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_server_left_behind_is_not_believed_and_goes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ANNOUNCE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "announced\n"
        assert running.find(tmp_path) == [Running("127.0.0.1:1", "http://localhost:1")]
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert list(tmp_path.iterdir()) != []
    assert running.find(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_says_nothing_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".serving-1.json").write_text("{")
    assert running.find(tmp_path) == []


def test_a_folder_that_cannot_be_written_serves_all_the_same() -> None:
    with running.announced(Path("/proc"), SERVER) as written:
        assert not written


def test_two_servers_on_one_folder_are_both_found(tmp_path: Path) -> None:
    other = Running("127.0.0.1:8501", "http://localhost:8081")
    with running.announced(tmp_path, SERVER), running.announced(tmp_path, other):
        assert sorted(each.model_server for each in running.find(tmp_path)) == [
            "127.0.0.1:8500",
            "127.0.0.1:8501",
        ]
